import BgdemoFoundations
public import RedisClient

extension EventLog {
    /// The events that the handlers of a consumer have given up, as JSON, the oldest first:
    /// `{"consumer":…,"error":…,"event":…,"failedAt":…,"failures":…,"handler":…,"index":…,"partition":…}`.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func dead(of consumer: String) async throws(RedisError) -> [String] {
        try await store.elements(of: store.keys.dead(consumer), 0..<deadCount(of: consumer)).compactMap(\.text)
    }

    /// An entry of a dead list. What it does not say is nil.
    public struct DeadEvent: Sendable, Hashable {
        /// The whole entry, as it is in Redis.
        public let entry: [UInt8]
        /// The handler that has given up.
        public let handler: String?
        /// The error's text.
        public let error: String?
        /// When it has given up, as its program writes times.
        public let failedAt: String?
        /// How often it had failed.
        public let failures: Int?
        /// Where the event is in the log.
        public let place: Event.Place?
        /// The event, byte for byte, or what stands for it.
        public let event: [UInt8]

        init(_ entry: [UInt8]) {
            self.entry = entry
            let object = try? JSONObject(entry)
            handler = object?["handler"]?.text
            error = object?["error"]?.text
            failedAt = object?["failedAt"]?.text ?? object?["failedAt"]?.number
            failures = object?["failures"]?.int
            event = object?["event"].map { $0.characters ?? Array($0.raw) } ?? []
            place = PartitionNumber.checked(object?["partition"]?.int).flatMap { partition in
                object?["index"]?.int.map { Event.Place(partition: partition, index: $0) }
            }
        }

        /// A short name of the entry, ten hexadecimal digits: it stays the same when the places in the list change.
        public var digest: String {
            let digits = String(FNV1a.hash(entry), radix: 16)
            return String((String(repeating: "0", count: 16 - digits.utf8.count) + digits).prefix(10))
        }
    }

    /// How many events the handlers of a consumer have given up.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func deadCount(of consumer: String) async throws(RedisError) -> Int {
        try await store.send("LLEN", store.keys.dead(consumer)).count
    }

    /// The events at these places of the dead list of a consumer, 0 being the newest, the newest first.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func dead(of consumer: String, newest places: Range<Int>) async throws(RedisError) -> [DeadEvent] {
        guard !places.isEmpty, places.lowerBound >= 0 else { return [] }
        let count = try await deadCount(of: consumer)
        guard places.lowerBound < count else { return [] }
        let entries = try await store.elements(
            of: store.keys.dead(consumer), max(0, count - places.upperBound)..<count - places.lowerBound)
        return entries.compactMap(\.bytes).reversed().map(DeadEvent.init)
    }

    /// Has the handler try an event again, as if it never had.
    ///
    /// - Returns: False where the entry is not in the list any more, or no consumer has written it.
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func retry(_ dead: DeadEvent, of consumer: String) async throws(RedisError) -> Bool {
        guard let retry = Self.retry(of: dead.entry) else { return false }
        // The retry comes first: if this process dies in between, the event is tried again and stays dead as well.
        try await store.replaceRetry(of: consumer, by: retry)
        return try await remove(dead, of: consumer)
    }

    /// Removes an entry. False where it is not there any more.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func remove(_ dead: DeadEvent, of consumer: String) async throws(RedisError) -> Bool {
        try await store.send("LREM", store.keys.dead(consumer), 1, dead.entry).int == 1
    }

    /// Has the handlers try everything in the dead list again, as if they never had.
    ///
    /// - Returns: How many events that are.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func retryDead(of consumer: String) async throws(RedisError) -> Int {
        let list = store.keys.dead(consumer)
        var count = 0
        // Those that stay, at the start of the list.
        var kept = 0
        // What a handler gives up again meanwhile comes after these.
        let length = try await deadCount(of: consumer)
        while count + kept < length {
            let page = try await store.someElements(of: list, kept..<length - count)
            guard !page.isEmpty else { break }
            for entry in page {
                guard let entry = entry.bytes, let retry = Self.retry(of: entry) else {
                    kept += 1
                    continue
                }
                // The retry comes first: if this process dies in between, the event is tried again and stays dead as well.
                try await store.replaceRetry(of: consumer, by: retry)
                _ = try await store.send("LREM", list, 1, entry)
                count += 1
            }
        }
        return count
    }

    /// Empties the dead list.
    ///
    /// - Returns: How many events it had.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func clearDead(of consumer: String) async throws(RedisError) -> Int {
        let count = try await store.send("LLEN", store.keys.dead(consumer)).count
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
