/// A line of values over time, the newest at the right, as inline SVG of 120 × 28.
struct Sparkline {
    private static let width = 120.0
    private static let height = 28.0

    private let values: [Double]

    /// - Parameter values: At least two are drawn.
    init(_ values: [Double]) {
        self.values = values
    }

    /// - Parameter name: What is drawn, for those who do not see it.
    func html(_ name: String) -> HTMLText {
        guard values.count > 1, let largest = values.max() else { return .empty }
        let step = Self.width / Double(values.count - 1)
        let scale = (Self.height - 4) / max(largest, 1)
        let points = values.enumerated().map { place, value in
            "\(tenths(Double(place) * step)),\(tenths(Self.height - 2 - value * scale))"
        }
        return Templates.render(
            "sparkline",
            [
                "points": .text(points.joined(separator: " ")),
                "label": .text("\(name), \(values.count) samples, at most \(PageText.number(Int(largest.rounded())))"),
            ])
    }

    private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
