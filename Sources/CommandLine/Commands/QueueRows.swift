import ArgumentParser
import BgdemoCore
import BgdemoFoundations
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
        /// The class of the job at the front; of a Rails job that of Rails.
        let next: String?
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
    /// The leaders among the schedulers of node and bgdemo, and among those of Ruby.
    let leader: String?
    let rubyLeader: String?
    /// How many delayed jobs should have been moved to their queues, and for how many seconds the first.
    let overdue: Int
    let overdueSeconds: Double

    init(_ queue: Queue) async throws {
        for name in try await queue.names() {
            let wait = try await queue.wait(in: name).map { $0 / .seconds(1) }
            let next = try await queue.peek(name).first.flatMap { shownClass($0, in: name) }
            queues.append(Row(queue: name, length: try await queue.length(of: name), wait: wait, next: next))
        }
        delayed = try await queue.delayedCount()
        failed = try await queue.failedCount()
        let registered = try await queue.workers()
        workers = registered.count
        working = registered.count { $0.working != nil }
        (processed, failures) = try await queue.stats()
        (isPaused, pausedQueues) = try await queue.paused(queues.map(\.queue))
        let scheduling = try await queue.scheduling()
        (leader, rubyLeader, overdue) = (scheduling.leader, scheduling.rubyLeader, scheduling.overdue)
        overdueSeconds = scheduling.delay / .seconds(1)
    }

    private var schedulers: String {
        let leaders = [leader, rubyLeader].compactMap(\.self)
        let late = overdue > 0 ? " · \(overdue) overdue for \(Int(overdueSeconds)) s" : ""
        return (leaders.isEmpty ? "no scheduler" : "scheduler \(leaders.joined(separator: ", "))") + late
    }

    private var pauses: String {
        if isPaused { return " · all paused" }
        return pausedQueues.isEmpty ? "" : " · paused: \(pausedQueues.joined(separator: ", "))"
    }

    var table: Table {
        Table(
            ["queue", "length", "wait", "next"],
            queues.map {
                [
                    $0.queue, "\($0.length)", $0.wait.map { "\(($0 * 10).rounded() / 10) s" } ?? "unknown",
                    $0.next ?? "",
                ]
            } + [["delayed", "\(delayed)", "", ""], ["failed", "\(failed)", "", ""]],
            below: [
                "\(working) of \(workers) workers working · \(processed) processed · \(failures.counted("failure"))"
                    + pauses,
                schedulers,
            ])
    }
}

/// The class of a job, of a Rails job that of Rails; nil where the bytes are no job.
private func shownClass(_ job: [UInt8], in queue: String) -> String? { (try? Job(job, from: queue))?.shownClass }

struct WorkerRow: Encodable {
    let id: String
    let started: String?
    let heartbeat: String?
    let queue: String?
    let runAt: String?
    let `class`: String?
    /// What cancel knows the job by.
    let jobID: String?
    /// 0 to 1, as the job says.
    let progress: Double?
    let job: String?
    /// Whether its process takes no jobs, since SIGUSR2.
    let isPaused: Bool

    init(_ worker: Queue.RegisteredWorker) {
        (id, started, heartbeat, isPaused) = (worker.id, worker.started, worker.heartbeat, worker.isPaused)
        (queue, runAt) = (worker.working?.queue, worker.working?.runAt)
        `class` = worker.working.flatMap { shownClass($0.job, in: $0.queue) }
        (jobID, progress) = (worker.working?.id, worker.working?.progress)
        job = worker.working.map { String(decoding: $0.job, as: UTF8.self) }
    }
}

struct DelayedRow: Encodable {
    let second: Int
    let due: String
    let `class`: String?
    let job: String

    init(second: Int, job: [UInt8]) {
        self.second = second
        // A program that wrote a second beyond the year 9999 may read it as a number.
        let isDate = (0..<253_402_300_800).contains(second)
        due = isDate ? Date(timeIntervalSince1970: Double(second)).formatted(.iso8601) : "\(second)"
        `class` = shownClass(job, in: "")
        self.job = String(decoding: job, as: UTF8.self)
    }
}

struct FailedRow: Encodable {
    /// What retry and remove know it by.
    let entry: String
    let failedAt: String?
    let queue: String?
    let exception: String?
    let error: String
    let worker: String?
    let retriedAt: String?
    let `class`: String?
    let job: String?

    init(_ failed: FailedJob) {
        entry = failed.digest
        (failedAt, queue, exception, worker) = (failed.failedAt, failed.queue, failed.exception, failed.worker)
        (error, retriedAt) = (failed.error ?? "", failed.retriedAt)
        `class` = failed.job.flatMap { shownClass($0, in: "") }
        job = failed.job.map { String(decoding: $0, as: UTF8.self) }
    }
}
