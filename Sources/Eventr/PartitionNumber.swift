/// Numbers of partitions. They come from Redis, where other programs may write anything: a number out of bounds is no
/// partition of the log, so that arithmetic on numbers never overflows.
enum PartitionNumber {
    /// With partitions of a second, the year 36,812.
    static let last = 1 << 40

    /// The number, if it is within bounds.
    static func checked(_ number: Int?) -> Int? {
        guard let number, (0...last).contains(number) else { return nil }
        return number
    }

    /// The number that is within bounds and closest.
    static func clamped(_ number: Int) -> Int { max(0, min(number, last)) }
}
