#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import RedisClient

extension EventLog {
    /// What the handlers of a consumer have failed with for good, as JSON, the oldest first:
    /// `{"consumer":…,"error":…,"event":…,"failedAt":…,"failures":…,"handler":…,"index":…,"partition":…}`.
    public func dead(of consumer: String) async throws -> [String] {
        try await store.send("LRANGE", store.keys.dead(consumer), 0, -1).array?.compactMap(\.text) ?? []
    }

    /// Has the handlers try what is dead again, as if they never had. Returns how many there are.
    @discardableResult
    public func retryDead(of consumer: String) async throws -> Int {
        let keys = store.keys
        let dead = try await store.send("LRANGE", keys.dead(consumer), 0, -1).array?.compactMap(\.bytes) ?? []
        var count = 0
        for entry in dead {
            guard let place = try? JSONDecoder().decode(Place.self, from: Data(entry)) else { continue }
            // First the retry: dying half way, it is tried again and stays dead as well.
            let retry = EventRetry(
                Event.Place(partition: place.partition, index: place.index), failures: 0, handler: place.handler)
            try await store.replaceRetry(consumer, next: retry)
            _ = try await store.send("LREM", keys.dead(consumer), 1, entry)
            count += 1
        }
        return count
    }

    /// Empties the dead list. Returns how many there were.
    @discardableResult
    public func clearDead(of consumer: String) async throws -> Int {
        let count = try await store.send("LLEN", store.keys.dead(consumer)).int ?? 0
        _ = try await store.send("LTRIM", store.keys.dead(consumer), count, -1)
        return count
    }

    private struct Place: Decodable {
        let partition: Int
        let index: Int
        let handler: String
    }
}
