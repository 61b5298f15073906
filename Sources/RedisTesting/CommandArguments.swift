import RedisClient

/// The words after a command's name.
struct CommandArguments {
    let words: [[UInt8]]

    init(_ words: [[UInt8]]) { self.words = words }

    var count: Int { words.count }

    /// - Throws: Redis' error for a command with too few words.
    subscript(place: Int) -> [UInt8] {
        get throws(RedisReplyError) {
            guard words.indices.contains(place) else { throw RedisReplyError("ERR wrong number of arguments") }
            return words[place]
        }
    }

    func from(_ place: Int) -> ArraySlice<[UInt8]> { words.dropFirst(place) }

    func text(_ place: Int) throws(RedisReplyError) -> String { String(decoding: try self[place], as: UTF8.self) }

    func int(_ place: Int) throws(RedisReplyError) -> Int { try Self.int(self[place]) }

    static func int(_ word: [UInt8]) throws(RedisReplyError) -> Int {
        guard let number = Int(String(decoding: word, as: UTF8.self)) else {
            throw RedisReplyError("ERR value is not an integer or out of range")
        }
        return number
    }

    /// A score, or a bound of scores: `1.5`, `-inf`, `(3`.
    static func score(_ word: [UInt8]) throws(RedisReplyError) -> (value: Double, isExclusive: Bool) {
        let isExclusive = word.first == UInt8(ascii: "(")
        let text = String(decoding: isExclusive ? word.dropFirst() : word[...], as: UTF8.self).lowercased()
        switch text {
        case "-inf": return (-.infinity, isExclusive)
        case "+inf", "inf": return (.infinity, isExclusive)
        default:
            guard let value = Double(text), !value.isNaN else {
                throw RedisReplyError("ERR value is not a valid float")
            }
            return (value, isExclusive)
        }
    }

    /// Where an option stands, in any case, from a place on.
    func place(of option: String, from start: Int) -> Int? {
        words.indices.dropFirst(start).first { String(decoding: words[$0], as: UTF8.self).uppercased() == option }
    }

    func has(_ option: String, from start: Int) -> Bool { place(of: option, from: start) != nil }

    /// The places of a list from `first` to `last`, where negative ones count from the end.
    static func range(_ first: Int, _ last: Int, count: Int) -> Range<Int> {
        let first = max(first < 0 ? first + count : first, 0)
        let last = min(last < 0 ? last + count : last, count - 1)
        return first <= last ? first..<last + 1 : 0..<0
    }
}
