/// Makes a reply of its parts, which come in the order of the wire: an array, then its elements.
///
/// What one reply may make of few bytes is bounded: an array's header alone asks for the memory of its elements, and arrays
/// within arrays are freed by recursion.
final class ReplyBuilder {
    /// Elements of all arrays of a reply. To free a million texts takes 50 ms.
    static let mostElements = 1 << 20
    /// Arrays within arrays.
    static let deepest = 8
    /// Room that an array's header alone gets.
    private static let reserved = 1024

    /// An array whose elements are still coming.
    private struct OpenArray {
        var values: [RedisValue] = []
        let count: Int
    }

    private var open: [OpenArray] = []
    private var elements = 0
    private var whole: RedisValue?
    /// Why a part was not taken.
    private(set) var refusal: String?

    /// The reply, when its last part has come; nil before. Another may begin.
    func take() -> RedisValue? {
        defer { (whole, elements) = (nil, 0) }
        return whole
    }

    /// - Returns: Whether the part was taken, as of the other functions.
    func begin(_ count: Int) -> Bool {
        guard open.count < Self.deepest else {
            return refuse("arrays within arrays, more than \(Self.deepest) deep, which is the limit here")
        }
        guard count <= Self.mostElements - elements else {
            return refuse("an array of more than \(Self.mostElements) elements, which is the limit here")
        }
        guard count > 0 else { return add(.array([])) }
        elements += count
        var array = OpenArray(count: count)
        array.values.reserveCapacity(min(count, Self.reserved))
        open.append(array)
        return true
    }

    func add(_ value: RedisValue) -> Bool {
        var value = value
        while let last = open.indices.last {
            open[last].values.append(value)
            guard open[last].values.count == open[last].count else { return true }
            value = .array(open.removeLast().values)
        }
        whole = value
        return true
    }

    func refuse(type: CInt) -> Bool {
        refuse("a reply of type \(type), which RESP2 does not have")
    }

    private func refuse(_ reason: String) -> Bool {
        refusal = reason
        return false
    }
}
