/// Sends commands to a Redis: over one connection, over one per event loop, or to the nodes of a Cluster.
///
/// Any task may call. A call by an async function on the connection's event loop never leaves the loop, and the commands
/// of one tick of the loop go to Redis in one write.
public protocol RedisCommands: Sendable {
    /// Sends one command and returns its reply.
    ///
    /// A command whose task is cancelled before it was sent is not sent.
    ///
    /// - Parameter timeLimit: From sending the command to its reply. Default: ``RedisOptions/commandTimeout``.
    /// - Throws: ``RedisError``; ``RedisError/reply(_:)`` where Redis refuses the command.
    func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue

    /// Sends one command, and another before it that may run once for many commands: `SADD` of a member that is there
    /// already. If several commands of one tick of the event loop need the same command before them, it is sent once.
    /// Its reply is ignored.
    ///
    /// - Throws: ``RedisError``, as ``send(_:timeLimit:)`` does.
    func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue

    /// Sends commands that reach Redis one right after another, and returns their replies in the same order.
    ///
    /// A command that Redis refuses has a ``RedisValue/error(_:)`` as its reply; the others run all the same.
    ///
    /// - Parameter timeLimit: From sending the commands to the last reply. Default: ``RedisOptions/commandTimeout``.
    /// - Throws: ``RedisError``, but not ``RedisError/reply(_:)``.
    func pipeline(_ commands: [RedisCommand], timeLimit: Duration?) async throws(RedisError) -> [RedisValue]
}

extension RedisCommands {
    public func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue {
        guard let reply = try await pipeline([other, command]).last else {
            throw .protocolViolation("no reply to two commands")
        }
        return try reply.get()
    }

    /// ``pipeline(_:timeLimit:)`` with the default time limit.
    ///
    /// - Throws: ``RedisError``, but not ``RedisError/reply(_:)``.
    public func pipeline(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
        try await pipeline(commands, timeLimit: nil)
    }

    /// ``send(_:timeLimit:)`` with the default time limit.
    ///
    /// - Throws: ``RedisError``.
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        try await send(command, timeLimit: nil)
    }

    /// Sends one command and returns its reply: `send("RPUSH", key, bytes)`.
    ///
    /// - Throws: ``RedisError``.
    public func send(_ arguments: any RedisArgument...) async throws(RedisError) -> RedisValue {
        try await send(RedisCommand(arguments), timeLimit: nil)
    }

    /// Runs commands between `MULTI` and `EXEC`: all of them, with no other client's between, or none where one is
    /// malformed.
    ///
    /// - Returns: Their replies. A command that fails while it runs has a ``RedisValue/error(_:)`` and undoes no other.
    /// - Throws: ``RedisError``; ``RedisError/reply(_:)`` where the transaction did not run.
    public func transaction(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
        let replies = try await pipeline([["MULTI"]] + commands + [["EXEC"]])
        guard let results = try replies.last?.get().array else {
            throw .protocolViolation("the reply to EXEC is not an array")
        }
        return results
    }

    /// The server's version, such as `7.0.15`, for a text.
    ///
    /// - Throws: ``RedisError``.
    public func serverVersion() async throws(RedisError) -> String {
        let name = Array("redis_version:".utf8)
        let info = try await send("INFO", "server").bytes ?? []
        let line = info.split { $0 == 0x0d || $0 == 0x0a }.first { $0.starts(with: name) }
        return line.map { String(decoding: $0.dropFirst(name.count), as: UTF8.self) } ?? "unknown"
    }
}
