public import RedisClient

/// An error of this library.
///
/// Functions that only talk to Redis throw `RedisError` instead.
public struct EventrError: Error, Sendable, CustomStringConvertible {
    /// What kind of error it is.
    public enum Code: Sendable, Hashable {
        /// Redis did not do what was asked; ``EventrError/redisError`` says why.
        case redis
        /// The bytes of an event are not JSON, or not JSON of the wanted type.
        case invalidEvent
        /// A value could not be encoded as an event.
        case encodingFailed
        /// So many processes have died with the event in hand that it is likely the cause.
        case poisonEvent
        /// A handler is to retry an event, and the consumer has no handler of that name.
        case unknownHandler
        /// The retries of the consumer in Redis contain text that is no retry.
        case invalidRetry
        /// Redis cannot read the keys of a partition; another program may use them.
        case unreadablePartition
    }

    /// What kind of error it is.
    public let code: Code
    /// What went wrong, as a sentence.
    public let description: String
    /// The error that caused this one, such as a `DecodingError`.
    public let underlyingError: (any Error)?

    /// The error of Redis; nil for the other codes.
    public var redisError: RedisError? { underlyingError as? RedisError }

    init(_ code: Code, _ description: String, _ underlyingError: (any Error)? = nil) {
        (self.code, self.description, self.underlyingError) = (code, description, underlyingError)
    }

    init(_ error: RedisError) { self.init(.redis, error.description, error) }
}
