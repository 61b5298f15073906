import BgdemoFoundations
import RedisClient

/// Jobs that failed and are not retried by themselves.
extension Queue {
    /// How many failed jobs there are.
    ///
    /// - Throws: ``ResqueError``.
    public func failedCount() async throws(ResqueError) -> Int {
        try await store.send("LLEN", store.keys.failed).int ?? 0
    }

    /// The failed jobs at these places, the oldest at 0.
    ///
    /// - Throws: ``ResqueError``.
    public func failed(_ places: Range<Int> = 0..<100) async throws(ResqueError) -> [FailedJob] {
        guard !places.isEmpty else { return [] }
        return try await store.send(
            "LRANGE", store.keys.failed, places.lowerBound, places.upperBound - 1
        ).list.map(FailedJob.init)
    }

    /// Moves a failed job to the end of its queue, with the bytes it had.
    ///
    /// - Returns: False where it is not there any more, or its entry does not name its queue and its job.
    /// - Throws: ``ResqueError``.
    public func retry(_ failed: FailedJob) async throws(ResqueError) -> Bool {
        guard let queue = failed.queue, let job = failed.job else { return false }
        let reply = try await store.run(
            ResqueScripts.requeue, keys: [store.keys.failed, store.keys.queues, store.keys.queue(queue)],
            [failed.entry, queue, job])
        return reply.int == 1
    }

    /// Moves all failed jobs to their queues; those that were retried from Ruby's web page, which keeps them, stay.
    ///
    /// - Returns: How many were moved.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func retryFailed() async throws(ResqueError) -> Int {
        var (place, moved) = (0, 0)
        var left = try await failedCount()
        while left > 0 {
            let batch = try await failed(place..<(place + min(left, 100)))
            guard !batch.isEmpty else { break }
            for failed in batch {
                if failed.retriedAt == nil, try await retry(failed) { moved += 1 } else { place += 1 }
            }
            left -= batch.count
        }
        return moved
    }

    /// Removes a failed job. False where it is not there any more.
    ///
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func remove(_ failed: FailedJob) async throws(ResqueError) -> Bool {
        try await store.send("LREM", store.keys.failed, "1", failed.entry).int == 1
    }

    /// Removes all failed jobs.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func clearFailed() async throws(ResqueError) -> Int {
        try await store.run(ResqueScripts.clear, keys: [store.keys.failed], []).int ?? 0
    }
}

/// An entry of `failed`, by any program. What an entry does not say is nil.
public struct FailedJob: Sendable, Hashable {
    /// The whole entry, as it is in Redis.
    public let entry: [UInt8]
    /// `2026/11/23 15:19:23 UTC` by Ruby and this library.
    public private(set) var failedAt: String?
    /// What kind of error it was.
    public private(set) var exception: String?
    /// The error's text.
    public private(set) var error: String?
    /// The id of the worker that performed it.
    public private(set) var worker: String?
    /// The queue that the job was in, without the namespace.
    public private(set) var queue: String?
    /// When it was retried from Ruby's web page, which leaves it in the list.
    public private(set) var retriedAt: String?
    /// The bytes of the job, as they were in its queue, JSON or not.
    public private(set) var job: [UInt8]?

    /// Where the entry is not JSON, it says nothing.
    init(_ entry: [UInt8]) {
        self.entry = entry
        guard let object = try? JSONObject(entry, limits: .redisBytes) else { return }
        failedAt = object["failed_at"]?.text
        exception = object["exception"]?.text
        error = object["error"]?.text
        worker = object["worker"]?.text
        queue = object["queue"]?.text
        retriedAt = object["retried_at"]?.text
        // A payload that is a string is what was in the queue instead of a job.
        if let text = object["payload"]?.text {
            job = object["encoding"]?.isString("latin1") == true ? text.latin1 : Array(text.utf8)
        } else {
            job = object["payload"].map { Array($0.raw) }
        }
    }
}
