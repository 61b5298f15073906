/// A reply of Redis, as RESP2 has it.
public enum RedisValue: Sendable, Hashable {
    /// No such key, no such element, or the timeout of a blocking command: not an error.
    case null
    case integer(Int)
    /// A bulk string or a status such as `OK`; any bytes.
    case string([UInt8])
    case array([RedisValue])
    /// An error within an array: one command of a transaction or a pipeline was refused.
    ///
    /// It is kept apart, so that an element of an array takes 16 bytes and not 64.
    indirect case error(RedisReplyError)

    /// A string as text, with invalid UTF-8 replaced by U+FFFD; an integer in digits; nil for anything else.
    public var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null, .array, .error: nil
        }
    }

    /// A string's bytes; nil for anything else.
    public var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// An integer, or a string of digits (Redis keeps its counters as strings); nil for anything else.
    public var int: Int? {
        switch self {
        case .integer(let number): number
        case .string: text.flatMap { Int($0) }
        case .null, .array, .error: nil
        }
    }

    /// A length that Redis gives, such as of a list: 0 for what is none, and never more than 2⁴⁰, so that sums of lengths
    /// do not overflow, whatever the reply.
    package var count: Int { max(0, min(int ?? 0, 1 << 40)) }

    /// An array's elements; nil for anything else.
    public var array: [RedisValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// Whether this is ``null``.
    public var isNull: Bool { self == .null }

    /// The value, unless it is an error.
    ///
    /// - Throws: ``RedisError/reply(_:)``.
    public func get() throws(RedisError) -> RedisValue {
        if case .error(let error) = self { throw .reply(error) }
        return self
    }
}
