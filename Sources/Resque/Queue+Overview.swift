import RedisClient

/// What an operator's page shows, each in one round trip that does not grow with the jobs.
extension Queue {
    /// The length of a queue, and the bytes of the job that is worked next.
    public struct Front: Sendable, Hashable {
        public let queue: String
        public let length: Int
        /// Nil where the queue is empty.
        public let next: [UInt8]?
    }

    /// The lengths and the next jobs of these queues, in the same order.
    ///
    /// - Throws: ``ResqueError``.
    public func fronts(of queues: [String]) async throws(ResqueError) -> [Front] {
        guard !queues.isEmpty else { return [] }
        let replies = try await store.pipeline(
            queues.flatMap { queue -> [RedisCommand] in
                [["LLEN", store.keys.queue(queue)], ["LINDEX", store.keys.queue(queue), "0"]]
            })
        guard replies.count == queues.count * 2 else { return [] }
        return queues.enumerated().map { place, queue in
            Front(queue: queue, length: replies[2 * place].count, next: replies[2 * place + 1].bytes)
        }
    }

    /// For how many seconds there are delayed jobs.
    ///
    /// - Throws: ``ResqueError``.
    public func delayedSecondsCount() async throws(ResqueError) -> Int {
        try await store.send("ZCARD", store.keys.schedule).count
    }

    /// The name of the scheduler that moves delayed jobs; nil where there is none, and they stay.
    ///
    /// - Throws: ``ResqueError``.
    public func scheduler() async throws(ResqueError) -> String? {
        try await store.send("GET", store.keys.leader).text
    }

    /// Seconds for which jobs are delayed, the earliest first; how many jobs each has, and the first.
    ///
    /// - Parameters:
    ///   - place: How many of the earliest are left out.
    ///   - limit: How many seconds at most.
    /// - Returns: Each second since 1970, how many jobs it has, and the JSON of the first.
    /// - Throws: ``ResqueError``.
    public func delayed(
        from place: Int, limit: Int
    ) async throws(ResqueError) -> [(second: Int, count: Int, first: [UInt8]?)] {
        try await delayed(from: place, limit: limit, jobs: 1).map { ($0, $1, $2.first) }
    }

    /// As ``delayed(from:limit:)``, with the JSON of the first `jobs` of each second.
    ///
    /// - Throws: ``ResqueError``.
    public func delayed(
        from place: Int, limit: Int, jobs: Int
    ) async throws(ResqueError) -> [(second: Int, count: Int, jobs: [[UInt8]])] {
        guard place >= 0, limit > 0, jobs > 0, place <= Int(UInt32.max) else { return [] }
        let seconds = try await store.send(
            "ZRANGE", store.keys.schedule, String(place), String(place + limit - 1)
        ).texts
        guard !seconds.isEmpty else { return [] }
        let replies = try await store.pipeline(
            seconds.flatMap { second -> [RedisCommand] in
                let list = store.keys.delayedPrefix + second
                return [["LLEN", list], ["LRANGE", list, "0", String(jobs - 1)]]
            })
        guard replies.count == seconds.count * 2 else { return [] }
        return seconds.enumerated().compactMap { place, text in
            Int(text).map { ($0, replies[2 * place].count, replies[2 * place + 1].list) }
        }
    }

    /// Whether an equal job is performed just now, so that a worker with ``JobLock`` delays this one; in the order of the jobs.
    ///
    /// - Throws: ``ResqueError``.
    public func locked(_ jobs: [Job]) async throws(ResqueError) -> [Bool] {
        guard !jobs.isEmpty else { return [] }
        return try await store.pipeline(jobs.map { ["EXISTS", store.keys.lock("workerslock", $0)] }).map { $0.int == 1 }
    }

    /// How many jobs each of these workers has performed, and how many of them failed; in the order of the workers.
    ///
    /// - Throws: ``ResqueError``.
    public func counts(of workers: [String]) async throws(ResqueError) -> [(processed: Int, failed: Int)] {
        guard !workers.isEmpty else { return [] }
        let replies = try await store.send(
            ["MGET"] + workers.flatMap { [store.keys.stat("processed:\($0)"), store.keys.stat("failed:\($0)")] })
        func count(_ place: Int) -> Int { replies[place]?.text.flatMap { Int($0) } ?? 0 }
        return workers.indices.map { (count(2 * $0), count(2 * $0 + 1)) }
    }
}
