/// A value within JSON text that a ``JSONReader`` has passed: where it stands, and what it is when it is asked for.
public struct JSONValue: Sendable {
    public enum Kind: Sendable, Hashable { case object, array, string, number, bool, null }

    /// The whole text that the value is part of.
    let bytes: [UInt8]
    /// Where in it the value stands.
    public let range: Range<Int>

    /// - Parameter range: Of one whole value that was read.
    init(_ bytes: [UInt8], _ range: Range<Int>) {
        (self.bytes, self.range) = (bytes, range)
    }

    /// The value that stands at `range` in `bytes`, which is known to be JSON. Where it is none, it is null.
    public init(known bytes: [UInt8], in range: Range<Int>) {
        (self.bytes, self.range) = (bytes, range.clamped(to: bytes.indices))
    }

    /// The value that `bytes` are.
    ///
    /// - Throws: ``JSONError`` where they are not JSON, or larger than the limits.
    public init(_ bytes: [UInt8], limits: JSONReader.Limits = .standard) throws(JSONError) {
        var reader = JSONReader(bytes, limits: limits)
        self = try reader.onlyValue()
    }

    /// The value as it is spelled.
    public var raw: ArraySlice<UInt8> { bytes[range] }

    public var kind: Kind {
        switch raw.first {
        case nil, UInt8(ascii: "n"): .null
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        default: .number
        }
    }

    // MARK: Scalars

    /// A string's characters; nil for another kind, and where they are not UTF-8 or half a surrogate pair is escaped.
    public var text: String? {
        guard kind == .string else { return nil }
        let quoted = quoted
        if quoted.isPlainASCII { return String(decoding: quoted, as: UTF8.self) }
        return JSONString.unescape(quoted).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// A string's characters as UTF-8, if the text's bytes are; nil for another kind, and where half a surrogate pair is
    /// escaped.
    public var characters: [UInt8]? { kind == .string ? JSONString.unescape(quoted) : nil }

    /// Whether it is the string of these characters.
    public func isString(_ text: StaticString) -> Bool {
        // An escape is longer than what it stands for; the quotes are two bytes.
        let (count, start) = (range.count - 2, range.lowerBound + 1)
        guard count >= text.utf8CodeUnitCount, bytes[start - 1] == UInt8(ascii: "\"") else { return false }
        let same = text.withUTF8Buffer { text in
            text.indices.prefix { unsafe bytes[start + $0] == text[$0] && text[$0] != UInt8(ascii: "\\") }.count
        }
        if same == text.utf8CodeUnitCount { return same == count }
        guard bytes[start + same] == UInt8(ascii: "\\") else { return false }
        return JSONString.unescape(quoted)?.isEqual(to: text) ?? false
    }

    /// Matches a string, such as a member's name: `switch name { case "class": … }`.
    public static func ~= (pattern: StaticString, value: JSONValue) -> Bool { value.isString(pattern) }

    /// A number as it is spelled; nil for another kind.
    public var number: String? { kind == .number ? String(decoding: raw, as: UTF8.self) : nil }

    /// A number without fraction and exponent; nil for another kind, and past 64 bits.
    public var int: Int? { kind == .number ? Int(String(decoding: raw, as: UTF8.self)) : nil }

    /// A number as nearly as 64 bits have it; nil for another kind, and past the largest.
    public var double: Double? { number.flatMap(Double.init).flatMap { $0.isFinite ? $0 : nil } }

    public var bool: Bool? { kind == .bool ? bytes[range.lowerBound] == UInt8(ascii: "t") : nil }

    /// What stands between the quotes.
    var quoted: ArraySlice<UInt8> { raw.dropFirst().dropLast() }

    // MARK: Containers

    /// An object's members in their order; empty for another kind.
    public var members: [JSONReader.Member] {
        var members: [JSONReader.Member] = []
        do {
            var reader = reader
            try reader.beginObject()
            while let member = try reader.nextMember() { members.append(member) }
        } catch {
            // Another kind: the text itself was read before.
        }
        return members
    }

    /// An array's elements; empty for another kind.
    public var elements: [JSONValue] {
        var elements: [JSONValue] = []
        do {
            var reader = reader
            try reader.beginArray()
            while let element = try reader.nextElement() { elements.append(element) }
        } catch {
            // Another kind: the text itself was read before.
        }
        return elements
    }

    /// A reader of this value, which was read before.
    private var reader: JSONReader {
        var limits = JSONReader.Limits()
        (limits.bytes, limits.depth, limits.values, limits.requiresUTF8) = (.max, .max, .max, false)
        return JSONReader(bytes, in: range, limits: limits)
    }
}
