/// What Redis answers: a RESP2 reply.
public enum RedisValue: Sendable, Hashable {
    /// No such key, no such element, a blocking command whose time is up: not an error.
    case null
    case integer(Int)
    /// A bulk string or a status such as `OK`; any bytes.
    case string([UInt8])
    case array([RedisValue])
    /// An error within an array: one command of a transaction or a pipeline was refused.
    case error(RedisReplyError)

    /// A string as text, invalid UTF-8 repaired; an integer in digits; nil for all else.
    public var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null, .array, .error: nil
        }
    }

    /// A string's bytes as they are.
    public var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// An integer, or a string that spells one (Redis keeps its counters as strings).
    public var int: Int? {
        switch self {
        case .integer(let number): number
        case .string: text.flatMap { Int($0) }
        case .null, .array, .error: nil
        }
    }

    /// An array's elements.
    public var array: [RedisValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// Whether there is nothing: no such key, or a condition that did not hold.
    public var isNull: Bool { self == .null }

    /// The value, where it is none of Redis' errors.
    public func get() throws(RedisError) -> RedisValue {
        if case .error(let error) = self { throw .reply(error) }
        return self
    }
}
