/// What takes commands for a Redis: one connection, or a connection per event loop.
///
/// All calls may be made from anywhere. From an async function on the connection's event loop none leaves it, and the
/// commands of one tick of the loop go to Redis in one write.
public protocol RedisCommands: Sendable {
    /// Sends one command and returns its reply.
    ///
    /// Throws ``RedisError/reply(_:)`` where Redis refuses it. Cancelled before it was sent, it is not sent.
    ///
    /// - Parameter timeLimit: Until the reply; nil takes the options'.
    func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue

    /// Sends one command, and before it another that may as well run once for many: `SADD` of what is there already.
    /// Where several commands of one tick of the event loop have the same before them, it goes to Redis once. Its reply
    /// is not looked at.
    func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue

    /// Sends commands that arrive at Redis one right after another, and returns their replies in the same order.
    ///
    /// A command that Redis refuses is a ``RedisValue/error(_:)`` among the replies and no reason not to run the
    /// others.
    ///
    /// - Parameter timeLimit: Until the last reply; nil takes the options'.
    func pipeline(_ commands: [RedisCommand], timeLimit: Duration?) async throws(RedisError) -> [RedisValue]
}

extension RedisCommands {
    public func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue {
        guard let reply = try await pipeline([other, command]).last else {
            throw .protocolViolation("two commands without an answer")
        }
        return try reply.get()
    }

    /// ``pipeline(_:timeLimit:)`` within the options' time.
    public func pipeline(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
        try await pipeline(commands, timeLimit: nil)
    }

    /// ``send(_:timeLimit:)`` within the options' time.
    public func send(_ command: RedisCommand) async throws(RedisError) -> RedisValue {
        try await send(command, timeLimit: nil)
    }

    /// Sends one command and returns its reply: `send("RPUSH", key, bytes)`.
    public func send(_ arguments: any RedisArgument...) async throws(RedisError) -> RedisValue {
        try await send(RedisCommand(arguments), timeLimit: nil)
    }

    /// Runs commands between `MULTI` and `EXEC`: all of them, with nobody else's between, or none where one is
    /// malformed.
    ///
    /// - Returns: Their replies. A command that fails as it runs is a ``RedisValue/error(_:)`` and undoes no other.
    public func transaction(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisValue] {
        let replies = try await pipeline([["MULTI"]] + commands + [["EXEC"]])
        guard let results = try replies.last?.get().array else {
            throw .protocolViolation("EXEC was not answered with an array")
        }
        return results
    }

    /// The server's version, such as `7.0.15`, for a person to read.
    public func serverVersion() async throws(RedisError) -> String {
        let info = try await send("INFO", "server").text ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("redis_version:") }
        return line.map { String($0.dropFirst("redis_version:".count)) } ?? "unknown"
    }
}
