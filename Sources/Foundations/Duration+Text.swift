extension Duration {
    /// A time as people write it: a number and `ms`, `s`, `m`, `h` or `d`; without a unit, seconds. `250ms`, `1.5s`,
    /// `10m`. Nil where `text` is none, is negative, or is longer than a century.
    public init?(text: some StringProtocol) {
        let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]
        let (suffix, seconds) = units.first { text.hasByteSuffix($0.0) } ?? ("", 1)
        let digits = text.utf8.dropLast(suffix.utf8.count)
        guard !digits.isEmpty, digits.count <= 40, digits.allSatisfy({ $0.isASCIIDigit || $0 == 0x2e }),
            let number = Double(String(decoding: digits, as: UTF8.self)), number * seconds <= 100 * 366 * 86_400
        else { return nil }
        self = .milliseconds(Int64((number * seconds * 1000).rounded()))
    }

    /// Whole milliseconds, rounded towards zero. One longer than 30,000 years is as long as that.
    public var milliseconds: Int {
        // In integers, because a worker asks for each job: by a quotient of doubles it takes three times as long.
        let bound = Duration.seconds(1_000_000_000_000)
        let (seconds, attoseconds) = max(.zero - bound, min(self, bound)).components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    /// Whole milliseconds, rounded up, so that a wait of so many is long enough.
    public var millisecondsRoundedUp: Int { Self.clamped((self / .milliseconds(1)).rounded(.up)) }

    private static func clamped(_ milliseconds: Double) -> Int { Int(max(-1e15, min(milliseconds, 1e15))) }
}
