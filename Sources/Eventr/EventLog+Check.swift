public import RedisClient

extension EventLog {
    /// Runs a script on the partition of now that writes and notifies like a producer's and changes nothing.
    ///
    /// - Throws: `RedisError` where an event could not be written: Redis is away, takes no writes, or refuses scripts; and where
    ///   the user may not publish, so that consumers find events by their scans alone.
    public func checkWritable() async throws(RedisError) {
        let partition = try await store.currentPartition()
        _ = try await store.run(Self.check, keys: [store.keys.waiting(partition)], store.keys.written)
    }

    /// KEYS[1] -> whether a consumer waits for the next event of the partition
    /// ARGV[1] -> the channel for notifications; consumers ignore one without a number
    ///
    /// Returns 1.
    private static let check = RedisScript(
        """
        redis.call('SET', KEYS[1], 1, 'XX', 'EX', 300)
        redis.call('PUBLISH', ARGV[1], '')
        return 1
        """)
}
