import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// Now, after a delay and at a time, the same may be enqueued: a job, many jobs, a name with arguments, and a typed job
/// (``JobParameters``).
extension Queue {
    /// How many jobs one command of a round trip pushes at most.
    private static let batch = 1000

    /// Pushes many jobs, each to the end of its queue, in one round trip. A queue gets its jobs in their order.
    ///
    /// - Returns: How many were pushed: all but those that a plugin refused.
    /// - Throws: ``ResqueError``; with the code ``ResqueError/Code/plugin`` what a plugin throws. What a plugin throws after
    ///   the jobs were pushed leaves them there.
    @discardableResult
    public func enqueue(_ jobs: [Job]) async throws(ResqueError) -> Int {
        var accepted: [Job] = []
        for job in jobs {
            if try await isAccepted(job) { accepted.append(job) }
        }
        guard !accepted.isEmpty else { return 0 }
        let pushed = traced(accepted)
        var (order, byQueue): ([String], [ByteString: [[UInt8]]]) = ([], [:])
        for job in pushed {
            let name = ByteString(job.queue)
            if byQueue[name] == nil { order.append(job.queue) }
            byQueue[name, default: []].append(job.bytes)
        }
        var commands = [RedisCommand(["SADD", store.keys.queues] + order)]
        for queue in order {
            let bytes = byQueue[ByteString(queue)] ?? []
            for start in stride(from: 0, to: bytes.count, by: Self.batch) {
                commands.append(
                    RedisCommand(["RPUSH", store.keys.queue(queue)] + Array(bytes[start...].prefix(Self.batch))))
            }
        }
        try await store.pipelineOfAll(commands)
        for job in accepted { try await didEnqueue(job) }
        return accepted.count
    }

    /// Pushes many jobs to their queues when this time has passed, in one round trip; see `enqueueIn(_:_:)` of one job.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueIn(_ delay: Duration, _ jobs: [Job]) async throws(ResqueError) {
        try await store.delay(traced(jobs), "in", delay.millisecondsRoundedUp)
    }

    /// Pushes a job `name` with these arguments to `queue` when this time has passed; see `enqueueIn(_:_:)` of one job.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueIn<each Argument: Encodable>(
        _ delay: Duration, _ name: String, _ arguments: repeat each Argument, to queue: String
    ) async throws(ResqueError) {
        try await enqueueIn(delay, Job(name, JobArguments(repeat each arguments), queue: queue))
    }

    /// Pushes many jobs to their queues at this second since 1970, in one round trip.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ second: Int, _ jobs: [Job]) async throws(ResqueError) {
        try await store.delay(traced(jobs), "at", second)
    }

    /// Pushes a job `name` with these arguments to `queue` at this second since 1970.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt<each Argument: Encodable>(
        _ second: Int, _ name: String, _ arguments: repeat each Argument, to queue: String
    ) async throws(ResqueError) {
        try await enqueueAt(second, Job(name, JobArguments(repeat each arguments), queue: queue))
    }

    /// Pushes a typed job to its queue at this second since 1970.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ second: Int, _ parameters: some JobParameters) async throws(ResqueError) {
        try await enqueueAt(second, Job(parameters))
    }

    /// Pushes a job to its queue at this time, never earlier: in whole seconds, rounded up.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ date: Date, _ job: Job) async throws(ResqueError) {
        try await enqueueAt(Self.second(of: date), job)
    }

    /// Pushes many jobs to their queues at this time, in one round trip.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ date: Date, _ jobs: [Job]) async throws(ResqueError) {
        try await enqueueAt(Self.second(of: date), jobs)
    }

    /// Pushes a job `name` with these arguments to `queue` at this time.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt<each Argument: Encodable>(
        _ date: Date, _ name: String, _ arguments: repeat each Argument, to queue: String
    ) async throws(ResqueError) {
        try await enqueueAt(Self.second(of: date), Job(name, JobArguments(repeat each arguments), queue: queue))
    }

    /// Pushes a typed job to its queue at this time.
    ///
    /// - Throws: ``ResqueError``.
    public func enqueueAt(_ date: Date, _ parameters: some JobParameters) async throws(ResqueError) {
        try await enqueueAt(Self.second(of: date), Job(parameters))
    }

    private static func second(of date: Date) -> Int { Int(saturating: date.timeIntervalSince1970.rounded(.up)) }
}
