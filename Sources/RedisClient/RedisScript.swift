import Synchronization

/// A Lua script that Redis runs as one atomic step; sent whole once, by its SHA-1 from then on.
///
/// On a Redis Cluster a script may touch only keys that were passed to it, all of one slot.
public final class RedisScript: Sendable {
    /// The script's text.
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
    /// Runs a script: `EVALSHA`, and after a `NOSCRIPT` (a new server, a restarted one, a `SCRIPT FLUSH`) `EVAL`, which
    /// brings it along and runs it in one step.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [any RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        do {
            return try await send(script.command("EVALSHA", digest(of: script), keys, arguments))
        } catch  where error.reply?.kind == .noScript {
            return try await send(script.command("EVAL", script.lua, keys, arguments))
        }
    }

    private func digest(of script: RedisScript) async throws(RedisError) -> String {
        if let sha1 = script.sha1 { return sha1 }
        let sha1 = try await send(["SCRIPT", "LOAD", script.lua]).text ?? ""
        script.sha1 = sha1
        return sha1
    }
}

extension RedisScript {
    fileprivate func command(
        _ verb: String, _ name: String, _ keys: [String], _ arguments: [any RedisArgument]
    ) -> RedisCommand {
        RedisCommand([verb, name, keys.count] + keys + arguments)
    }
}
