public import RedisClient

/// A Redis that replies to every command with the same: what no Redis would say, such as a length of −2⁶³.
public struct ExtremeRedis: RedisCommands {
    private let reply: RedisValue

    public init(_ reply: RedisValue) {
        self.reply = reply
    }

    public func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        try reply.get()
    }

    public func pipeline(_ commands: [RedisCommand], timeLimit: Duration?) async throws(RedisError) -> [RedisValue] {
        commands.map { _ in reply }
    }

    /// Replies of each shape with the numbers at which arithmetic overflows.
    public static let replies: [RedisValue] = {
        let numbers: [RedisValue] = [
            .integer(.max), .integer(.min), .integer(-1), .integer(0), .string(Array("9223372036854775807".utf8)),
            .string(Array("-9223372036854775808 9223372036854775807".utf8)), .string(Array("1e300".utf8)),
            .string(Array("nan".utf8)), .string([]), .null,
        ]
        return numbers
            + numbers.flatMap { number -> [RedisValue] in
                [
                    .array([number]), .array([number, number]), .array(Array(repeating: number, count: 8)),
                    .array([number, .array([number, number])]),
                    .array([.string(Array("job".utf8)), number, number, .string(Array("{}".utf8)), number]),
                ]
            } + [.array([])]
    }()
}
