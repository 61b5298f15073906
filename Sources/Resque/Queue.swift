public import RedisClient

/// The queues, seen from outside: what a producer pushes, and what an operator wants to know and do.
///
/// Jobs and keys are those of Ruby Resque and node-resque, which may use them at the same time. Every function throws
/// the errors of the Redis module where Redis is away or refuses.
public struct Queue: Sendable {
    let store: ResqueStore
    private let jobs: Jobs

    /// - Parameters:
    ///   - namespace: What the keys begin with, without the colon.
    ///   - jobs: Whose plugins are asked when a job is enqueued.
    public init(redis: any RedisCommands, namespace: String = "resque", jobs: Jobs = Jobs()) {
        self.init(store: ResqueStore(redis: redis, keys: ResqueKeys(namespace: namespace)), jobs: jobs)
    }

    init(store: ResqueStore, jobs: Jobs) {
        (self.store, self.jobs) = (store, jobs)
    }

    /// Pushes a job to the end of its queue. Not an error: that no worker knows its class; it goes to `failed` then.
    ///
    /// - Returns: False where a plugin did not want it to be enqueued.
    @discardableResult
    public func enqueue(_ job: Job) async throws -> Bool {
        let plugins = jobs.plugins(for: job.className)
        for plugin in plugins {
            guard try await plugin.beforeEnqueue(job, to: self) else { return false }
        }
        try await store.push([job.bytes], to: job.queue)
        for plugin in plugins { try await plugin.afterEnqueue(job, to: self) }
        return true
    }

    /// Pushes many copies of a job to the end of its queue, in few round trips. Plugins are not asked.
    public func enqueue(_ job: Job, count: Int) async throws {
        var left = count
        while left > 0 {
            let batch = min(left, 500)
            try await store.push(Array(repeating: job.bytes, count: batch), to: job.queue)
            left -= batch
        }
    }

    /// Pushes a job `name` with these arguments to `queue`.
    @discardableResult
    public func enqueue<each Argument: Encodable>(
        _ name: String, _ arguments: repeat each Argument, to queue: String
    ) async throws -> Bool {
        try await enqueue(Job(name, JobArguments(repeat each arguments), queue: queue))
    }

    /// The names of all queues, sorted.
    public func names() async throws -> [String] {
        try await store.send("SMEMBERS", store.keys.queues).texts.sorted()
    }

    /// How many jobs wait in a queue.
    public func length(of queue: String) async throws -> Int {
        try await store.send("LLEN", store.keys.queue(queue)).int ?? 0
    }

    /// The bytes of the jobs at these places of a queue, 0 being the next to be worked.
    public func peek(_ queue: String, _ places: Range<Int> = 0..<1) async throws -> [[UInt8]] {
        guard !places.isEmpty else { return [] }
        return try await store.send(
            "LRANGE", store.keys.queue(queue), String(places.lowerBound),
            String(places.upperBound - 1)
        ).list
    }

    /// Removes the jobs with exactly these bytes from their queue.
    ///
    /// - Returns: How many there were.
    @discardableResult
    public func delete(_ job: Job) async throws -> Int {
        try await store.send("LREM", store.keys.queue(job.queue), "0", job.bytes).int ?? 0
    }

    /// Removes a queue with all its jobs.
    public func remove(queue: String) async throws {
        _ = try await store.send("DEL", store.keys.queue(queue))
        _ = try await store.send("SREM", store.keys.queues, queue)
    }

    /// How many jobs were performed since the beginning, or failed, in all or by one worker.
    public func stats(of worker: String? = nil) async throws -> (processed: Int, failed: Int) {
        let suffix = worker.map { ":" + $0 } ?? ""
        let counts =
            try await store.send(
                "MGET", store.keys.stat("processed" + suffix), store.keys.stat("failed" + suffix)
            ).array ?? []
        let numbers = counts.map { $0.text.flatMap { Int($0) } ?? 0 }
        return (numbers.first ?? 0, numbers.last ?? 0)
    }

    /// Has all workers pause, or go on; those of Ruby too.
    public func pause(_ isPaused: Bool) async throws {
        if isPaused {
            _ = try await store.send("SET", store.keys.pause, "true")
        } else {
            _ = try await store.send("DEL", store.keys.pause)
        }
    }
}
