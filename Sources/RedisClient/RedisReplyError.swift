import BgdemoFoundations

/// An error reply of Redis: `WRONGTYPE Operation against a key holding the wrong kind of value`.
public struct RedisReplyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What an error calls for; errors that call for nothing special are ``other``.
    public enum Kind: Sendable, Hashable {
        /// Redis reads its data from disk after a start, or from its primary (`LOADING`).
        case loading
        /// A script keeps Redis busy (`BUSY`).
        case busy
        /// The server is a replica, which takes no writes (`READONLY`).
        case readOnly
        /// The server is a replica without a link to its primary, and does not serve old data (`MASTERDOWN`).
        case primaryDown
        /// A blocking command was ended because the server became a replica (`UNBLOCKED`).
        case unblocked
        /// `maxmemory` is reached, and the eviction policy frees nothing (`OOM`).
        case outOfMemory
        /// The disk is full or failing, and Redis takes no writes that it cannot keep (`MISCONF`).
        case cannotPersist
        /// Fewer replicas than `min-replicas-to-write` follow the server (`NOREPLICAS`).
        case tooFewReplicas
        /// User and password are missing (`NOAUTH`) or wrong (`WRONGPASS`), or the user lacks a right (`NOPERM`).
        case noAuth, wrongPassword, noPermission
        /// The key belongs to another node of the Redis Cluster (`MOVED`, `ASK`): its slot, and the node's `host:port`.
        case moved(slot: Int, to: String)
        /// The Redis Cluster does not serve the key's slot (`CLUSTERDOWN`).
        case clusterDown
        /// The keys of the command are on their way between two nodes of the Redis Cluster (`TRYAGAIN`).
        case tryAgain
        /// The keys of one command are in different slots of the Redis Cluster (`CROSSSLOT`).
        case crossSlot
        /// The script is not in the server's cache (`NOSCRIPT`).
        case noScript
        /// The key holds another type (`WRONGTYPE`).
        case wrongType
        case other
    }

    /// The first word, where it consists of capital letters; else `ERR`.
    public let code: String
    /// The text after the code.
    public let message: String
    /// What the error calls for.
    public let kind: Kind

    /// - Parameter text: The reply's line without its `-`.
    public init(_ text: String) {
        let word = text.utf8.prefix { $0 != UInt8(ascii: " ") }
        let isCode = !word.isEmpty && word.allSatisfy { (0x41...0x5a).contains($0) }
        code = isCode ? String(Substring(word)) : "ERR"
        message = isCode ? String(Substring(text.utf8.dropFirst(word.count + 1))) : text
        kind = Self.kind(code, message)
    }

    private static func kind(_ code: String, _ message: String) -> Kind {
        switch code {
        case "LOADING": .loading
        case "BUSY": .busy
        case "READONLY": .readOnly
        case "MASTERDOWN": .primaryDown
        case "UNBLOCKED": .unblocked
        case "OOM": .outOfMemory
        case "MISCONF": .cannotPersist
        case "NOREPLICAS": .tooFewReplicas
        case "NOAUTH": .noAuth
        case "WRONGPASS": .wrongPassword
        case "NOPERM": .noPermission
        case "MOVED", "ASK": moved(message)
        case "CLUSTERDOWN": .clusterDown
        case "TRYAGAIN": .tryAgain
        case "CROSSSLOT": .crossSlot
        case "NOSCRIPT": .noScript
        case "WRONGTYPE": .wrongType
        // Redis before 6 has no code for it.
        case "ERR" where message.utf8.starts(with: "invalid password".utf8): .wrongPassword
        // Redis before 7 puts the error of a script's command into the text.
        case "ERR" where message.utf8.firstRange(of: ": -READONLY ".utf8) != nil: .readOnly
        default: .other
        }
    }

    /// Only a slot that exists is one: whatever the server says is used as an index.
    private static func moved(_ message: String) -> Kind {
        let words = message.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, let slot = Int(String(Substring(words[0]))), RedisCommand.slots.contains(slot) else {
            return .other
        }
        return .moved(slot: slot, to: String(Substring(words[1])))
    }

    /// Whether time alone may cure it.
    public var isRetryable: Bool {
        switch kind {
        case .loading, .busy, .readOnly, .primaryDown, .unblocked, .outOfMemory, .cannotPersist,
            .tooFewReplicas, .clusterDown, .tryAgain:
            true
        case .noAuth, .wrongPassword, .noPermission, .moved, .crossSlot, .noScript, .wrongType, .other: false
        }
    }

    /// Whether the server is not the one to ask now: the command did not run, and another connection, to wherever the
    /// name leads by then, may succeed.
    ///
    /// - Parameter slot: The slot of a Redis Cluster that the connection follows, if it does.
    func isWrongServer(for slot: Int?) -> Bool {
        switch kind {
        case .loading, .readOnly, .primaryDown, .unblocked, .clusterDown: true
        case .moved: isMoved(slot)
        case .busy, .outOfMemory, .cannotPersist, .tooFewReplicas, .tryAgain, .noAuth, .wrongPassword, .noPermission,
            .crossSlot,
            .noScript, .wrongType, .other:
            false
        }
    }

    /// Whether another node has the slot that a connection follows.
    func isMoved(_ slot: Int?) -> Bool {
        if case .moved(let moved, _) = kind { moved == slot && code == "MOVED" } else { false }
    }

    static let tryAgain = RedisReplyError("TRYAGAIN The slot is being moved")

    /// Whether the keys are on their way to another node, and the same command is to be repeated until they are there.
    ///
    /// - Parameter slot: The slot of a Redis Cluster that the connection follows, if it does.
    func isMoving(_ slot: Int?) -> Bool {
        switch kind {
        case .tryAgain: slot != nil
        case .moved(let moved, _): moved == slot && code == "ASK"
        default: false
        }
    }

    public var description: String {
        switch kind {
        case .loading: "Redis is still loading its data; try again in a moment"
        case .busy: "a script keeps Redis busy; wait for it, or end it with SCRIPT KILL"
        case .readOnly: "this Redis is a read-only replica; the URL must name the primary"
        case .primaryDown: "this Redis is a replica without its primary; the URL must name the primary"
        case .unblocked: "Redis ended a blocking command (\(text))"
        case .outOfMemory: "Redis has reached its maxmemory; raise it, or delete something"
        case .cannotPersist: "Redis cannot write to its disk and therefore takes no writes (\(text))"
        case .tooFewReplicas: "fewer replicas follow this Redis than its min-replicas-to-write, and it takes no writes"
        case .noAuth: "Redis requires a password; put it into the URL: redis://:password@host"
        case .wrongPassword: "Redis does not know this user and password; see the URL"
        case .noPermission: "the Redis user may not do this: \(text)"
        case .moved(let slot, let node):
            "this is a Redis Cluster, and slot \(slot) is on \(printable(node)); name its nodes as redis+cluster://host:port,host2:port"
        case .clusterDown: "the Redis Cluster is down (\(text))"
        case .tryAgain: "keys are on their way between two nodes of the Redis Cluster; try again in a moment"
        case .crossSlot:
            "this is a Redis Cluster, and the keys of one command are in different slots of it; a hash tag in the namespace "
                + "puts them into one, such as resque:{mail}"
        case .noScript: "Redis does not have the script (\(text))"
        case .wrongType:
            "a key in Redis has another type than this program expects; does another program use it? (\(text))"
        case .other: "Redis says: \(code) \(text)"
        }
    }

    /// The message, fit for a terminal and a log, without the place in a script that Redis 7 appends:
    /// `… script: <SHA-1>, on @user_script:12.`
    private var text: String {
        guard let place = message.utf8.firstRange(of: " script: ".utf8),
            message.utf8[place.upperBound...].prefix(40).allSatisfy({ $0.isASCIIDigit || (0x61...0x66).contains($0) })
        else { return printable(message) }
        return printable(message[..<place.lowerBound])
    }
}
