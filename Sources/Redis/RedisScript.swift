import Synchronization

/// A Lua script that Redis runs as one atomic step; sent whole once, by its SHA-1 from then on.
///
/// On a Redis Cluster a script may touch only keys that were passed to it, all of one slot.
public final class RedisScript: Sendable {
    public let lua: String
    /// Redis' own answer to `SCRIPT LOAD`: a digest of the text alone, and so the same on every server.
    private let digest = Mutex<String?>(nil)

    public init(_ lua: String) {
        self.lua = lua
    }

    var sha1: String? {
        get { digest.withLock { $0 } }
        set { digest.withLock { $0 = newValue } }
    }
}

extension RedisCommands {
    /// Runs a script: `EVALSHA`, and after a `NOSCRIPT` (a new server, a restarted one, a `SCRIPT FLUSH`) once more
    /// with the script loaded.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [any RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        if let sha1 = script.sha1 {
            do {
                return try await send(script.evaluation(sha1, keys, arguments))
            } catch  where error.reply?.kind == .noScript {}
        }
        let sha1 = try await send(["SCRIPT", "LOAD", script.lua]).text ?? ""
        script.sha1 = sha1
        return try await send(script.evaluation(sha1, keys, arguments))
    }
}

extension RedisScript {
    fileprivate func evaluation(_ sha1: String, _ keys: [String], _ arguments: [any RedisArgument]) -> RedisCommand {
        RedisCommand(["EVALSHA", sha1, keys.count] + keys + arguments)
    }
}
