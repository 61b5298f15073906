/// Why a command has no reply, or one that is an error.
public enum RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is no connection, and there has been none for longer than a command waits. The command did not run.
    case unavailable(String)
    /// As many commands, or bytes of them, wait for their replies as may. The command did not run.
    case queueFull(String)
    /// No reply came within the command's limit; the connection was closed, so that none comes late. It may have run.
    case timedOut(command: String, after: Duration)
    /// The connection broke between the command and its reply. It may have run.
    case connectionLost(String)
    /// The task was cancelled. Where the command was on its way already, it may have run.
    case cancelled(mayHaveRun: Bool)
    /// Redis refused the command.
    case reply(RedisReplyError)
    /// What answers does not speak Redis' protocol; the connection was closed. The command may have run.
    case protocolViolation(String)
    /// The connection was closed by its owner.
    case closed

    /// Whether the command may have taken effect all the same: who sends it again may do its work twice.
    public var mayHaveRun: Bool {
        switch self {
        case .timedOut, .connectionLost, .protocolViolation: true
        case .cancelled(let mayHaveRun): mayHaveRun
        case .unavailable, .queueFull, .reply, .closed: false
        }
    }

    /// Whether the same command may succeed a little later, without anybody changing anything.
    public var isRetryable: Bool {
        switch self {
        case .unavailable, .queueFull, .timedOut, .connectionLost: true
        case .reply(let error): error.isRetryable
        case .cancelled, .protocolViolation, .closed: false
        }
    }

    /// What Redis refused the command with, where it did.
    public var reply: RedisReplyError? {
        if case .reply(let error) = self { error } else { nil }
    }

    public var description: String {
        switch self {
        case .unavailable(let why): "Redis is away: \(why)"
        case .queueFull(let why): "too much waits for Redis: \(why)"
        case .timedOut(let command, let limit): "Redis did not answer \(command) within \(limit); it may have run"
        case .connectionLost(let why):
            "the connection to Redis broke before the answer came, the command may have run: \(why)"
        case .cancelled(let mayHaveRun):
            mayHaveRun ? "the wait for Redis was cancelled; the command may have run" : "the command was cancelled"
        case .reply(let error): error.description
        case .protocolViolation(let what): "this is not Redis, or not one that is understood: \(what)"
        case .closed: "the connection to Redis was closed"
        }
    }
}

/// An error reply of Redis: `WRONGTYPE Operation against a key holding the wrong kind of value`.
public struct RedisReplyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Errors that call for different answers; all others are ``other``.
    public enum Kind: Sendable, Hashable {
        /// The data is being read from disk after a start (`LOADING`).
        case loading
        /// A script keeps Redis busy (`BUSY`).
        case busy
        /// A replica, which takes no writes (`READONLY`).
        case readOnly
        /// `maxmemory` is reached, and the policy lets nothing go (`OOM`).
        case outOfMemory
        /// The disk is full or failing, and Redis takes no writes that it can't keep (`MISCONF`).
        case cannotPersist
        /// No or the wrong user and password (`NOAUTH`, `WRONGPASS`), or too few rights (`NOPERM`).
        case noAuth, wrongPassword, noPermission
        /// A Redis Cluster, and the key belongs to another node (`MOVED`, `ASK`); the node's `host:port`.
        case moved(slot: Int, to: String)
        /// The cluster, or the node's master, is down (`CLUSTERDOWN`, `MASTERDOWN`, `TRYAGAIN`).
        case clusterDown
        /// The script is not in the server's cache (`NOSCRIPT`).
        case noScript
        /// The key holds another type (`WRONGTYPE`).
        case wrongType
        case other
    }

    /// The first word, where it is one in capitals; else `ERR`.
    public let code: String
    /// What follows it.
    public let message: String

    /// - Parameter text: The reply's line without its `-`.
    public init(_ text: String) {
        let word = text.prefix { $0 != " " }
        let isCode = !word.isEmpty && word.utf8.allSatisfy { (0x41...0x5a).contains($0) }
        code = isCode ? String(word) : "ERR"
        message = isCode ? String(text.dropFirst(word.count + 1)) : text
    }

    /// What the code calls for.
    public var kind: Kind {
        switch code {
        case "LOADING": .loading
        case "BUSY": .busy
        case "READONLY": .readOnly
        case "OOM": .outOfMemory
        case "MISCONF": .cannotPersist
        case "NOAUTH": .noAuth
        case "WRONGPASS": .wrongPassword
        case "NOPERM": .noPermission
        case "MOVED", "ASK": moved
        case "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN": .clusterDown
        case "NOSCRIPT": .noScript
        case "WRONGTYPE": .wrongType
        // Redis before 6 had no word for it.
        case "ERR" where message.hasPrefix("invalid password"): .wrongPassword
        default: .other
        }
    }

    /// Whether time alone may cure it.
    public var isRetryable: Bool {
        switch kind {
        case .loading, .busy, .readOnly, .outOfMemory, .cannotPersist, .clusterDown: true
        case .noAuth, .wrongPassword, .noPermission, .moved, .noScript, .wrongType, .other: false
        }
    }

    private var moved: Kind {
        let words = message.split(separator: " ")
        guard words.count == 2, let slot = Int(words[0]) else { return .other }
        return .moved(slot: slot, to: String(words[1]))
    }

    public var description: String {
        switch kind {
        case .loading: "Redis is still reading its data from disk; come again in a moment"
        case .busy: "a script keeps Redis busy; wait for it, or end it with SCRIPT KILL"
        case .readOnly: "this Redis is a read-only replica; the URL must name the primary"
        case .outOfMemory: "Redis has reached its maxmemory; raise it, or delete something"
        case .cannotPersist: "Redis can't write to its disk and therefore takes no writes (\(message))"
        case .noAuth: "Redis wants a password; put it into the URL: redis://:password@host"
        case .wrongPassword: "Redis does not know this user and password; see the URL"
        case .noPermission: "the Redis user may not do this: \(message)"
        case .moved(let slot, let node):
            "this is a Redis Cluster, and slot \(slot) is on \(node); a single Redis is needed, or that node's URL"
        case .clusterDown: "the Redis Cluster is down (\(message))"
        case .noScript: "Redis has forgotten a script (\(message))"
        case .wrongType: "a key in Redis holds another type than this program's; is it another program's? (\(message))"
        case .other: "Redis says: \(code) \(message)"
        }
    }
}
