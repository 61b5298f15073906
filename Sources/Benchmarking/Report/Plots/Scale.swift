import BgdemoSystemCompat

/// Maps values to positions on an axis, with ticks.
struct Scale: Sendable {
    enum Kind: Sendable {
        case linear, logarithmic
        /// Percentiles; each further nine has the same width.
        case nines
    }

    struct Tick: Sendable {
        let value: Double
        let label: String
    }

    let kind: Kind
    let low: Double
    let high: Double
    let title: String
    let show: @Sendable (Double) -> String

    /// Linear, from 0 to at least the greatest of `values`.
    static func linear(_ values: [Double], title: String, show: @escaping @Sendable (Double) -> String) -> Scale {
        let most = values.filter { $0.isFinite && $0 < 1e15 }.max() ?? 0
        return Scale(kind: .linear, low: 0, high: most > 0 ? most * 1.05 : 1, title: title, show: show)
    }

    /// Logarithmic, over the values above zero. Other values are at the low end.
    static func logarithmic(_ values: [Double], title: String, show: @escaping @Sendable (Double) -> String) -> Scale {
        let positive = values.filter { $0.isFinite && $0 > 1e-4 && $0 < 1e15 }
        let (least, most) = (positive.min() ?? 1, positive.max() ?? 10)
        // Equal values still need an axis with a width.
        let margin = max(1.15, (2 / max(1, most / least)).squareRoot())
        return Scale(kind: .logarithmic, low: least / margin, high: most * margin, title: title, show: show)
    }

    /// - Parameter count: Of the observations; it limits the number of nines.
    static func nines(count: Int, title: String) -> Scale {
        // A bit more than they resolve, so that the greatest has its own position.
        let nines = max(2, min(6, log10(Double(max(1, count))))) + 0.3
        return Scale(kind: .nines, low: 0, high: 100 * (1 - pow(10, -nines)), title: title) { percentile in
            // More digits would show 99.99 as 99.98999….
            let text = "\((percentile * 1e6).rounded() / 1e6)"
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
    }

    /// 0 at the low end, 1 at the high end; values outside are at the nearer end.
    func position(_ value: Double) -> Double {
        guard !value.isNaN else { return 0 }
        let (at, from, to) = (level(value), level(low), level(high))
        return min(1, max(0, (at - from) / max(to - from, .leastNormalMagnitude)))
    }

    private func level(_ value: Double) -> Double {
        switch kind {
        case .linear: value
        case .logarithmic: log10(max(value, low))
        case .nines: -log10(max(1 - value / 100, 1 - high / 100))
        }
    }

    var ticks: [Tick] {
        let end = kind == .nines ? [Tick(value: 100, label: "max")] : []
        return values.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }.map {
            Tick(value: $0, label: NumberText.short(show($0)))
        } + end
    }

    private var values: [Double] {
        switch kind {
        case .linear: return Self.steps(from: low, to: high)
        case .logarithmic:
            guard high / low > 4 else { return Self.steps(from: low, to: high) }
            let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
            let within: [Double] = high / low < 50 ? [1, 2, 5] : [1]
            let stride = max(1, decades.count / 7)
            return decades.filter { $0 % stride == 0 }.flatMap { decade in within.map { $0 * pow(10, Double(decade)) } }
        case .nines: return [0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999]
        }
    }

    /// Four or five ticks at 1, 2 or 5 times a power of ten.
    private static func steps(from low: Double, to high: Double) -> [Double] {
        let rough = (high - low) / 5
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].first { $0 * power >= rough }.map { $0 * power } ?? rough
        let first = (low / step).rounded(.up)
        return (0...6).map { (first + Double($0)) * step }
    }
}
