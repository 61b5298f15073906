import BgdemoFoundations
package import BgdemoTraceContext
public import RedisClient
public import Tracing

/// The queues: what a producer pushes, and what an operator reads and does.
///
/// Jobs and keys are those of Ruby Resque and node-resque, which may use them at the same time. Every function throws
/// ``ResqueError``, with the code ``ResqueError/Code/redis`` where Redis is unavailable or refuses.
public struct Queue: Sendable {
    let store: ResqueStore
    private let jobs: Jobs
    /// nil where no job that is enqueued is traced.
    package let tracing: MessageTracer?

    /// - Parameters:
    ///   - namespace: The beginning of all keys, without the colon. Default: `resque`.
    ///   - jobs: The jobs whose plugins are called when a job is enqueued. Default: none.
    ///   - tracer: Has a producer span for each job that is enqueued, and writes `traceparent` into the job. Default: that of
    ///     `InstrumentationSystem`, where one was bootstrapped before.
    public init(
        redis: any RedisCommands, namespace: String = "resque", jobs: Jobs = Jobs(), tracer: (any Tracer)? = nil
    ) {
        self.init(
            store: ResqueStore(redis: redis, keys: ResqueKeys(namespace: namespace)), jobs: jobs,
            tracing: MessageTracer(tracer))
    }

    init(store: ResqueStore, jobs: Jobs, tracing: MessageTracer?) {
        (self.store, self.jobs, self.tracing) = (store, jobs, tracing)
    }

    /// Pushes a job to the end of its queue. A job of a class that no worker knows is pushed too, and fails later.
    ///
    /// - Returns: False where a plugin refused the job.
    /// - Throws: ``ResqueError``; with the code ``ResqueError/Code/plugin`` what a plugin throws.
    @discardableResult
    public func enqueue(_ job: Job) async throws(ResqueError) -> Bool {
        guard jobs.plugins(for: job).isEmpty else { return try await enqueueWithPlugins(job) }
        try await push(job)
        return true
    }

    private func enqueueWithPlugins(_ job: Job) async throws(ResqueError) -> Bool {
        guard try await isAccepted(job) else { return false }
        try await push(job)
        try await didEnqueue(job)
        return true
    }

    private func push(_ job: Job) async throws(ResqueError) {
        guard let tracing else { return try await store.push(job) }
        try await tracing.push(job) { (job) async throws(ResqueError) in try await store.push(job) }
    }

    /// Whether its plugins let a job into its queue.
    func isAccepted(_ job: Job) async throws(ResqueError) -> Bool {
        for plugin in jobs.plugins(for: job) {
            do {
                guard try await plugin.beforeEnqueue(job, to: self) else { return false }
            } catch let error as ResqueError {
                throw error
            } catch {
                throw ResqueError(plugin: error)
            }
        }
        return true
    }

    func didEnqueue(_ job: Job) async throws(ResqueError) {
        for plugin in jobs.plugins(for: job) {
            do {
                try await plugin.afterEnqueue(job, to: self)
            } catch let error as ResqueError {
                throw error
            } catch {
                throw ResqueError(plugin: error)
            }
        }
    }

    /// Pushes many copies of a job to the end of its queue, in few round trips. Plugins are not called.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueue(_ job: Job, count: Int) async throws(ResqueError) {
        var left = count
        let job = traced([job]).first ?? job
        while left > 0 {
            let batch = min(left, 500)
            try await store.pipelineOfAll([
                ["SADD", store.keys.queues, job.queue],
                RedisCommand(["RPUSH", store.keys.queue(job.queue)] + Array(repeating: job.bytes, count: batch)),
            ])
            left -= batch
        }
    }

    /// Pushes a job `name` with these arguments to `queue`.
    ///
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func enqueue<each Argument: Encodable>(
        _ name: String, _ arguments: repeat each Argument, to queue: String
    ) async throws(ResqueError) -> Bool {
        try await enqueue(Job(name, JobArguments(repeat each arguments), queue: queue))
    }

    /// The names of all queues, sorted.
    ///
    /// - Throws: ``ResqueError``.
    public func names() async throws(ResqueError) -> [String] {
        try await store.send("SMEMBERS", store.keys.queues).texts.sortedByBytes()
    }

    /// How many jobs wait in a queue.
    ///
    /// - Throws: ``ResqueError``.
    public func length(of queue: String) async throws(ResqueError) -> Int {
        try await store.send("LLEN", store.keys.queue(queue)).count
    }

    /// The bytes of the jobs at these places of a queue, 0 being the next to be worked.
    ///
    /// - Throws: ``ResqueError``.
    public func peek(_ queue: String, _ places: Range<Int> = 0..<1) async throws(ResqueError) -> [[UInt8]] {
        guard !places.isEmpty else { return [] }
        return try await store.send(
            "LRANGE", store.keys.queue(queue), places.lowerBound, places.upperBound - 1
        ).list
    }

    /// Removes the jobs with exactly these bytes from their queue.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``ResqueError``.
    @discardableResult
    public func delete(_ job: Job) async throws(ResqueError) -> Int {
        try await store.send("LREM", store.keys.queue(job.queue), "0", job.bytes).count
    }

    /// Removes a queue with all its jobs. Redis frees them beside its other work (`UNLINK`): `DEL` of a million jobs would
    /// hold up all its clients.
    ///
    /// - Throws: ``ResqueError``.
    public func remove(queue: String) async throws(ResqueError) {
        _ = try await store.send("UNLINK", store.keys.queue(queue))
        _ = try await store.send("SREM", store.keys.queues, queue)
    }

    /// How many jobs were performed since the beginning, or failed, in all or by one worker.
    ///
    /// - Throws: ``ResqueError``.
    public func stats(of worker: String? = nil) async throws(ResqueError) -> (processed: Int, failed: Int) {
        let suffix = worker.map { ":" + $0 } ?? ""
        let counts =
            try await store.send(
                "MGET", store.keys.stat("processed" + suffix), store.keys.stat("failed" + suffix)
            ).array ?? []
        let numbers = counts.map { $0.text.flatMap { Int($0) } ?? 0 }
        return (numbers.first ?? 0, numbers.last ?? 0)
    }

    /// Pauses all workers, or lets them go on; those of Ruby too.
    ///
    /// - Throws: ``ResqueError``.
    public func pause(_ isPaused: Bool) async throws(ResqueError) {
        if isPaused {
            _ = try await store.send("SET", store.keys.pause, "true")
        } else {
            _ = try await store.send("DEL", store.keys.pause, store.keys.pauseAll)
        }
    }

    /// Pauses one queue, or lets it go on, for the workers of this library and of Ruby with resque-pause
    /// (`pause:queue:<name>`).
    ///
    /// - Throws: ``ResqueError``.
    public func pause(queue: String, _ isPaused: Bool) async throws(ResqueError) {
        if isPaused {
            _ = try await store.send("SET", store.keys.pause(of: queue), "true")
        } else {
            _ = try await store.send("DEL", store.keys.pause(of: queue))
        }
    }

    /// What is paused: everything (`pause-all-workers` or resque-pause's `pause:all`), and which of these queues.
    ///
    /// - Throws: ``ResqueError``.
    public func paused(_ queues: [String]) async throws(ResqueError) -> (all: Bool, queues: [String]) {
        let keys = store.keys
        let values = try await store.send(
            ["MGET", keys.pause, keys.pauseAll] as [any RedisArgument] + queues.map { keys.pause(of: $0) })
        let isTrue = values[0]?.text?.trimmingBlanks().equalsIgnoringASCIICase("true") == true
        let paused = queues.indices.filter { values[$0 + 2]?.isNull == false }.map { queues[$0] }
        return (isTrue || values[1]?.isNull == false, paused)
    }

    /// Does what producers and workers of a queue need, and changes nothing where the queue is known: `SADD` to the set of the
    /// queues, and a script that writes.
    ///
    /// - Throws: ``ResqueError`` where Redis would refuse a job.
    public func checkWritable(_ queue: String) async throws(ResqueError) {
        _ = try await store.send("SADD", store.keys.queues, queue)
        _ = try await store.run(ResqueScripts.check, keys: [store.keys.schedule], [])
    }

    /// How long the oldest delayed job has been due while no scheduler, of any program, is the leader; nil where a
    /// scheduler is at work, or no job is due. A leader's lock without an end is that of a scheduler that has died.
    ///
    /// - Throws: ``ResqueError``.
    public func overdueTime() async throws(ResqueError) -> Duration? {
        let keys = store.keys
        let replies = try await store.pipeline([
            ["TIME"], ["ZRANGE", keys.schedule, 0, 0], ["TTL", keys.leader], ["TTL", keys.rubyLeader],
        ])
        guard let now = replies[0][0]?.int, let due = replies[1][0]?.int,
            let ttl = replies[2].int, let rubyTTL = replies[3].int, ttl < 0, rubyTTL < 0
        else { return nil }
        let time = max(0, min(now, Self.lastSecond)) - max(0, min(due, Self.lastSecond))
        return time > 0 ? .seconds(time) : nil
    }

    /// The second since 1970 by the clock of Redis, which is the same for all programs.
    package func time() async throws(ResqueError) -> Int {
        guard let second = try await store.send("TIME")[0]?.int else { throw .unexpectedReply }
        return max(0, min(second, Self.lastSecond))
    }

    /// Later than any clock.
    private static let lastSecond = 1 << 40
}
