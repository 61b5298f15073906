import BgdemoFoundations

/// One field of a cron expression, such as `*/15`, `mon-fri` or `1,10-20/5`.
struct CronField: Sendable {
    private struct Part: Sendable {
        let low: Int
        let high: Int
        let step: Int
    }

    private let parts: [Part]
    private let range: ClosedRange<Int>
    /// Whether the field is `*`.
    let isAny: Bool

    /// - Parameters:
    ///   - range: The lowest and the highest value.
    ///   - names: The names of values, from the lowest on; in small letters.
    ///   - last: Whether `L` and negative numbers count from the last value.
    /// - Returns: Nil where the text is no such field.
    init?(
        _ text: some StringProtocol, in range: ClosedRange<Int>, names: [String] = [], countsFromLast last: Bool = false
    ) {
        func value(_ text: some StringProtocol) -> Int? {
            if let place = names.firstIndex(where: { $0.equalsIgnoringASCIICase(text) }) {
                return place + range.lowerBound
            }
            if last, text.equalsIgnoringASCIICase("l") { return -1 }
            guard let number = Int(text) else { return nil }
            let isNegative = last && (-range.upperBound ... -1).contains(number)
            return range.contains(number) || isNegative ? number : nil
        }
        var parts: [Part] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = word.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let span = halves.first, let step = halves.count == 2 ? Int(halves[1]) : 1,
                step > 0
            else { return nil }
            if span == "*" {
                parts.append(Part(low: range.lowerBound, high: range.upperBound, step: step))
            } else if let single = value(span) {
                parts.append(Part(low: single, high: halves.count == 2 ? range.upperBound : single, step: step))
            } else if let dash = span.dropFirst().firstIndex(of: "-"), let low = value(span[..<dash]),
                let high = value(span[span.index(after: dash)...])
            {
                parts.append(Part(low: low, high: high, step: step))
            } else {
                return nil
            }
        }
        (self.parts, self.range, isAny) = (parts, range, text == "*")
    }

    /// Whether a value is of the field. A range whose end is before its beginning goes over the end of the values.
    ///
    /// - Parameter last: The highest value now, such as the days of this month. Default: that of the field.
    func contains(_ value: Int, last: Int? = nil) -> Bool {
        let last = last ?? range.upperBound
        let count = last - range.lowerBound + 1
        func resolved(_ number: Int) -> Int { number < 0 ? last + 1 + number : number }
        return parts.contains { part in
            let (low, high) = (resolved(part.low), resolved(part.high))
            let isWithin = low <= high ? (low...high).contains(value) : value >= low || value <= high
            let distance = value >= low ? value - low : value - low + count
            return isWithin && distance % part.step == 0
        }
    }
}
