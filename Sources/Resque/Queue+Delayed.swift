import BgdemoFoundations
import RedisClient

/// Delayed jobs. They are kept by the second in which they are due, rounded up, by the clock of Redis.
extension Queue {
    /// Pushes a job to its queue when this time has passed, never earlier. A ``Scheduler`` of any program moves it.
    ///
    /// As in node, plugins are not called.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueIn(_ delay: Duration, _ job: Job) async throws(ResqueError) {
        try await enqueueIn(delay, [job])
    }

    /// Pushes a job to its queue at this second since 1970; soon, where that is past.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ second: Int, _ job: Job) async throws(ResqueError) {
        try await enqueueAt(second, [job])
    }

    /// When a job with exactly these bytes is to be pushed: seconds since 1970, sorted.
    ///
    /// - Throws: ``ResqueError``.
    public func scheduled(_ job: Job) async throws(ResqueError) -> [Int] {
        try await store.send("SMEMBERS", store.keys.timestamps(job.delayed)).texts.compactMap { member in
            member.utf8.split(separator: UInt8(ascii: ":")).last.flatMap { Int(Substring($0)) }
        }.sorted()
    }

    /// Takes a job with exactly these bytes out of the delayed ones.
    ///
    /// - Returns: The seconds for which it was there, as often as it was.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func dequeueDelayed(_ job: Job) async throws(ResqueError) -> [Int] {
        try await store.run(ResqueScripts.dequeue, keys: [store.keys.schedule], [store.keys.prefix, job.delayed])
            .texts.compactMap { Int($0) }.sorted()
    }

    /// How many jobs are delayed.
    ///
    /// - Throws: ``ResqueError``.
    public func delayedCount() async throws(ResqueError) -> Int {
        let seconds = try await store.send("ZRANGE", store.keys.schedule, "0", "-1").texts
        guard !seconds.isEmpty else { return 0 }
        let lengths = try await store.pipeline(seconds.map { ["LLEN", store.keys.delayedPrefix + $0] })
        return lengths.reduce(0) { $0 + $1.count }
    }

    /// The seconds for which jobs are delayed and the jobs' bytes, the earliest first.
    ///
    /// - Throws: ``ResqueError``.
    public func delayed(limit: Int = 100) async throws(ResqueError) -> [(second: Int, jobs: [[UInt8]])] {
        var found: [(second: Int, jobs: [[UInt8]])] = []
        var left = limit
        for second in try await store.send("ZRANGE", store.keys.schedule, 0, limit - 1).texts {
            guard left > 0, let number = Int(second) else { continue }
            let jobs = try await store.send("LRANGE", store.keys.delayedPrefix + second, 0, left - 1)
                .list
            left -= jobs.count
            if !jobs.isEmpty { found.append((number, jobs)) }
        }
        return found
    }
}
