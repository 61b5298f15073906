/// The closing brackets that are due, in the reverse of their order. The first 64 are bits, so that a text of usual
/// depth needs no memory.
struct ClosingBrackets: Sendable {
    private(set) var count = 0
    /// Of each 64 levels, 1 for an object; those of the innermost levels.
    private var bits: UInt64 = 0
    private var outer: [UInt64] = []

    var isEmpty: Bool { count == 0 }
    var last: UInt8? { count == 0 ? nil : bits & 1 == 1 ? UInt8(ascii: "}") : UInt8(ascii: "]") }

    mutating func append(_ closing: UInt8) {
        if count % 64 == 0, count > 0 { outer.append(bits) }
        bits = bits << 1 | (closing == UInt8(ascii: "}") ? 1 : 0)
        count += 1
    }

    mutating func removeLast() {
        count -= 1
        bits >>= 1
        if count % 64 == 0, let last = outer.popLast() { bits = last }
    }
}
