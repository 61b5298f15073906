import BgdemoFoundations
public import RedisClient

extension EventLog {
    /// The events that the handlers of a consumer have given up, as JSON, the oldest first:
    /// `{"consumer":…,"error":…,"event":…,"failedAt":…,"failures":…,"handler":…,"index":…,"partition":…}`.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func dead(of consumer: String) async throws(RedisError) -> [String] {
        try await store.send("LRANGE", store.keys.dead(consumer), 0, -1).array?.compactMap(\.text) ?? []
    }

    /// Has the handlers try everything in the dead list again, as if they never had.
    ///
    /// - Returns: How many events that are.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func retryDead(of consumer: String) async throws(RedisError) -> Int {
        let keys = store.keys
        let dead = try await store.send("LRANGE", keys.dead(consumer), 0, -1).array?.compactMap(\.bytes) ?? []
        var count = 0
        for entry in dead {
            guard let retry = Self.retry(of: entry) else { continue }
            // The retry comes first: if this process dies in between, the event is tried again and stays dead as well.
            try await store.replaceRetry(of: consumer, by: retry)
            _ = try await store.send("LREM", keys.dead(consumer), 1, entry)
            count += 1
        }
        return count
    }

    /// Empties the dead list.
    ///
    /// - Returns: How many events it had.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func clearDead(of consumer: String) async throws(RedisError) -> Int {
        let count = try await store.send("LLEN", store.keys.dead(consumer)).int ?? 0
        _ = try await store.send("LTRIM", store.keys.dead(consumer), count, -1)
        return count
    }

    /// nil if the entry is not one that a consumer has written.
    private static func retry(of entry: [UInt8]) -> EventRetry? {
        guard let entry = try? JSONObject(entry), let partition = PartitionNumber.checked(entry["partition"]?.int),
            let index = entry["index"]?.int, index >= 0, let handler = entry["handler"]?.text
        else { return nil }
        return EventRetry(Event.Place(partition: partition, index: index), failures: 0, handler: handler)
    }
}
