extension Duration {
    /// A time as people write it: a number and `ms`, `s`, `m`, `h` or `d`; without a unit, seconds. `250ms`, `1.5s`,
    /// `10m`. Nil where `text` is none, is negative, or is longer than a century.
    public init?(spelled text: some StringProtocol) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        let (suffix, seconds) = units.first { text.hasSuffix($0.0) } ?? ("", 1)
        let digits = text.dropLast(suffix.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
            let number = Double(String(digits)), number * seconds <= 100 * 366 * 86_400
        else { return nil }
        self = .milliseconds(Int64((number * seconds * 1000).rounded()))
    }
}
