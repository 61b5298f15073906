import BgdemoSystemCompat

/// Maps times to lengths logarithmically.
struct LogScale {
    let low: Double
    let high: Double

    /// From the power of ten below the least to the one above the greatest value, in milliseconds.
    init(_ milliseconds: [Double]) {
        let known = milliseconds.filter { $0 > 0 && $0.isFinite }
        low = pow(10, floor(log10(known.min() ?? 1)))
        high = max(pow(10, ceil(log10(known.max() ?? 10))), low * 10)
    }

    /// `████░░`: full to the first value, light to the second.
    func bar(_ first: Double, _ second: Double, width: Int) -> String {
        let (full, all) = (length(first, width), max(length(first, width), length(second, width)))
        return String(repeating: "█", count: full) + String(repeating: "░", count: all - full)
            + String(repeating: " ", count: width - all)
    }

    private func length(_ value: Double, _ width: Int) -> Int {
        guard value > 0, value.isFinite else { return 0 }
        return max(1, min(width, Int((log10(value / low) / log10(high / low) * Double(width)).rounded())))
    }
}
