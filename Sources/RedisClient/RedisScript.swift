import Synchronization

/// A Lua script that Redis runs as one atomic step. Its text is sent once; from then on only its SHA-1 is.
///
/// On a Redis Cluster a script may use only keys that are passed to it, all in one slot.
public final class RedisScript: Sendable {
    /// The script's text.
    public let lua: String
    /// The reply to `SCRIPT LOAD`: a digest of the text alone, and so the same on every server.
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
    /// Runs a script: `EVALSHA`, and after a `NOSCRIPT` (a new or restarted server, a `SCRIPT FLUSH`) `EVAL`, which sends
    /// the text and runs it in one step. Of the rights to `EVAL` and to `SCRIPT LOAD` one is enough.
    ///
    /// - Throws: ``RedisError``; ``RedisError/reply(_:)`` with what the script itself fails with, too.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [any RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        try await run(script, keyCount: keys.count, argumentCount: arguments.count) { all in
            for key in keys { all.append(key) }
            for argument in arguments { all.append(any: argument) }
        }
    }

    /// The same for many keys and arguments.
    ///
    /// - Parameters:
    ///   - argumentCount: How many arguments follow the keys, about.
    ///   - write: Writes the keys and the arguments; called again where Redis does not know the script.
    /// - Throws: As ``run(_:keys:arguments:)`` does.
    package func run(
        _ script: RedisScript, keyCount: Int, argumentCount: Int, _ write: (inout RedisArguments) -> Void
    ) async throws(RedisError) -> RedisValue {
        func command(_ verb: String, _ name: String) -> RedisCommand {
            RedisCommand(count: 3 + keyCount + argumentCount) { all in
                all.append(verb)
                all.append(name)
                all.append(keyCount)
                write(&all)
            }
        }
        guard let sha1 = try await digest(of: script) else { return try await send(command("EVAL", script.lua)) }
        do {
            return try await send(command("EVALSHA", sha1))
        } catch  where error.reply?.kind == .noScript {
            do {
                return try await send(command("EVAL", script.lua))
            } catch  where error.reply?.kind == .noPermission {
                _ = try await send(["SCRIPT", "LOAD", script.lua])
                return try await send(command("EVALSHA", sha1))
            }
        }
    }

    /// - Returns: nil where this user may not load scripts.
    private func digest(of script: RedisScript) async throws(RedisError) -> String? {
        if let sha1 = script.sha1 { return sha1 }
        do {
            script.sha1 = try await send(["SCRIPT", "LOAD", script.lua]).text
        } catch  where error.reply?.kind == .noPermission {
            return nil
        }
        return script.sha1
    }
}
