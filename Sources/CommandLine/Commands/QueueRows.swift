import ArgumentParser
import BgdemoCore
import RedisClient
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the verbs about queues have in common.
struct QueueOptions: ParsableArguments {
    @Flag(help: "JSON instead of a table.")
    var json = false

    @OptionGroup(title: "Keys") var keys: NamespaceOptions

    @OptionGroup(title: "Redis") var redis: RedisArguments

    func visit(_ body: (Queue) async throws -> Void) async throws {
        try await connect { try await body(Queue(redis: $0, namespace: $1)) }
    }

    /// - Parameter body: Gets the connection to where the keys are, and the namespace.
    func connect(_ body: (RedisConnectionPool, String) async throws -> Void) async throws {
        try await redis.visit(keys, body)
    }

    func show(_ rows: some Encodable, asTable table: @autoclosure () -> Table) throws {
        try ResultOutput.show(rows, asJSON: json, table: table())
    }
}

/// The numbers of a Resque estate.
struct QueueOverview: Encodable {
    struct Row: Encodable {
        let queue: String
        let length: Int
        /// In seconds; nil where the job at the front does not say since when it waits.
        let wait: Double?
    }

    var queues: [Row] = []
    let delayed: Int
    let failed: Int
    let workers: Int
    let working: Int
    let processed: Int
    let failures: Int
    /// Whether all workers are paused, and which queues are.
    let isPaused: Bool
    let pausedQueues: [String]

    init(_ queue: Queue) async throws {
        for name in try await queue.names() {
            let wait = try await queue.wait(in: name).map { $0 / .seconds(1) }
            queues.append(Row(queue: name, length: try await queue.length(of: name), wait: wait))
        }
        delayed = try await queue.delayedCount()
        failed = try await queue.failedCount()
        let registered = try await queue.workers()
        workers = registered.count
        working = registered.count { $0.working != nil }
        (processed, failures) = try await queue.stats()
        (isPaused, pausedQueues) = try await queue.paused(queues.map(\.queue))
    }

    private var pauses: String {
        if isPaused { return " · all paused" }
        return pausedQueues.isEmpty ? "" : " · paused: \(pausedQueues.joined(separator: ", "))"
    }

    var table: Table {
        Table(
            ["queue", "length", "wait"],
            queues.map { [$0.queue, "\($0.length)", $0.wait.map { "\(($0 * 10).rounded() / 10) s" } ?? "unknown"] }
                + [["delayed", "\(delayed)", ""], ["failed", "\(failed)", ""]],
            below: "\(working) of \(workers) workers working · \(processed) processed · \(failures) failures" + pauses)
    }
}

struct WorkerRow: Encodable {
    let id: String
    let started: String?
    let heartbeat: String?
    let queue: String?
    let runAt: String?
    let job: String?

    init(_ worker: Queue.RegisteredWorker) {
        (id, started, heartbeat) = (worker.id, worker.started, worker.heartbeat)
        (queue, runAt) = (worker.working?.queue, worker.working?.runAt)
        job = worker.working.map { String(decoding: $0.job, as: UTF8.self) }
    }
}

struct DelayedRow: Encodable {
    let second: Int
    let due: String
    let job: String

    init(second: Int, job: [UInt8]) {
        self.second = second
        // A program that wrote a second beyond the year 9999 may read it as a number.
        let isDate = (0..<253_402_300_800).contains(second)
        due = isDate ? Date(timeIntervalSince1970: Double(second)).formatted(.iso8601) : "\(second)"
        self.job = String(decoding: job, as: UTF8.self)
    }
}

struct FailedRow: Encodable {
    let number: Int
    let failedAt: String?
    let queue: String?
    let exception: String?
    let error: String
    let worker: String?
    let retriedAt: String?
    let job: String?

    init(number: Int, _ failed: FailedJob) {
        self.number = number
        (failedAt, queue, exception, worker) = (failed.failedAt, failed.queue, failed.exception, failed.worker)
        (error, retriedAt) = (failed.error ?? "", failed.retriedAt)
        job = failed.job.map { String(decoding: $0, as: UTF8.self) }
    }
}
