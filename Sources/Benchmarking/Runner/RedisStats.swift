import RedisClient

/// Commands and bytes of a Redis since its start, by `INFO stats`.
struct RedisStats: Sendable {
    var commands: Int
    var bytes: Int

    /// - Parameter url: nil for none.
    /// - Returns: Nil if there is no Redis or it does not answer.
    static func read(_ url: String?) async -> RedisStats? {
        guard let url,
            let text = try? await ShortRedisConnection.open(url, { try await $0.send("INFO", "stats").text })
        else { return nil }
        var figures: [Substring: Int] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":")
            if parts.count == 2 { figures[parts[0]] = Int(parts[1]) }
        }
        guard let commands = figures["total_commands_processed"], let input = figures["total_net_input_bytes"],
            let output = figures["total_net_output_bytes"]
        else { return nil }
        return RedisStats(commands: commands, bytes: input + output)
    }

    /// The difference; nil if Redis was restarted between the two.
    func since(_ earlier: RedisStats) -> RedisStats? {
        guard commands >= earlier.commands, bytes >= earlier.bytes else { return nil }
        return RedisStats(commands: commands - earlier.commands, bytes: bytes - earlier.bytes)
    }
}
