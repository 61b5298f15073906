/// A connection that may wait for an element. The caller that made it closes it.
package protocol BlockingRedisCommands: RedisCommands {
    /// See ``RedisConnection/blocking(_:wait:)``.
    func blocking(_ command: RedisCommand, wait: Duration) async throws(RedisError) -> RedisValue

    /// See ``RedisConnection/close()``.
    func close() async
}

extension RedisConnection: BlockingRedisCommands {}
