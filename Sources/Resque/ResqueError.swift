public import RedisClient

/// Why a call of the library failed: a code to switch on, a sentence for logs, and what caused it.
public struct ResqueError: Error, Sendable, CustomStringConvertible {
    /// What failed.
    public enum Code: Sendable, Hashable {
        /// Redis is unavailable, or refused a command; ``ResqueError/redisError`` says more.
        case redis
        /// Redis gave a reply that the library's commands never have.
        case unexpectedReply
        /// A key has another type than all programs of an estate give it.
        case unexpectedType
        /// The arguments of a job cannot be encoded.
        case invalidArguments
        /// A plugin threw an error.
        case plugin
    }

    /// What failed.
    public let code: Code
    /// What failed, as a sentence.
    public let description: String
    /// What caused it.
    public let underlyingError: (any Error)?

    init(_ code: Code, _ description: String, _ underlyingError: (any Error)? = nil) {
        (self.code, self.description, self.underlyingError) = (code, description, underlyingError)
    }

    init(_ error: RedisError) { self.init(.redis, "\(error)", error) }

    init(plugin error: any Error) { self.init(.plugin, "\(error)", error) }

    /// Redis has replied what no script and no command of the library is answered with.
    static let unexpectedReply = ResqueError(.unexpectedReply, "Redis gave a reply that is not of the script's form")

    /// What Redis failed with, where it did.
    public var redisError: RedisError? { underlyingError as? RedisError }

    /// Whether calls about other keys may succeed: Redis refused this one, or its reply was too long.
    var concernsOneCall: Bool {
        switch redisError {
        case .reply(let error): !error.isRetryable
        case .protocolViolation: true
        default: false
        }
    }

    /// Whether the same call may succeed a little later, without a change by anyone.
    public var isRetryable: Bool { redisError?.isRetryable ?? false }
}
