/// Why a command has no reply, or which error its reply is. The cases are the codes to switch on; the texts are for logs.
public enum RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no connection, and there was none for longer than a command waits. The command did not run.
    case unavailable(String)
    /// A limit of ``RedisOptions`` on commands without a reply is reached. The command did not run.
    case queueFull(String)
    /// No reply came within the command's time limit. The connection was closed, so that no reply comes late. The command
    /// may have run.
    case timedOut(command: String, after: Duration)
    /// The connection broke between the command and its reply. The command may have run.
    case connectionLost(String)
    /// The task was cancelled. If the command was sent already, it may have run.
    case cancelled(mayHaveRun: Bool)
    /// Redis refused the command.
    case reply(RedisReplyError)
    /// What answers does not speak the Redis protocol, or a reply is too long; the connection was closed. The command may
    /// have run.
    case protocolViolation(String)
    /// The connection was closed by its owner.
    case closed

    /// Whether the command may have taken effect all the same: sending it again may do its work twice.
    public var mayHaveRun: Bool {
        switch self {
        case .timedOut, .connectionLost, .protocolViolation: true
        case .cancelled(let mayHaveRun): mayHaveRun
        case .unavailable, .queueFull, .reply, .closed: false
        }
    }

    /// Whether the same command may succeed a little later, without a change by anyone.
    public var isRetryable: Bool {
        switch self {
        case .unavailable, .queueFull, .timedOut, .connectionLost: true
        case .reply(let error): error.isRetryable
        case .cancelled, .protocolViolation, .closed: false
        }
    }

    /// The error reply, where Redis refused the command.
    public var reply: RedisReplyError? {
        if case .reply(let error) = self { error } else { nil }
    }

    public var description: String {
        switch self {
        case .unavailable(let reason): "Redis is unavailable: \(reason)"
        case .queueFull(let reason): "too many commands wait for Redis: \(reason)"
        case .timedOut(let command, let limit): "Redis did not answer \(command) within \(limit); it may have run"
        case .connectionLost(let reason):
            "the connection to Redis broke before the reply came, the command may have run: \(reason)"
        case .cancelled(let mayHaveRun):
            mayHaveRun ? "the wait for Redis was cancelled; the command may have run" : "the command was cancelled"
        case .reply(let error): error.description
        case .protocolViolation(let reason): "not a valid reply of Redis: \(reason)"
        case .closed: "the connection to Redis was closed"
        }
    }
}
