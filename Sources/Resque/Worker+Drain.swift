import BgdemoFoundations
import Logging
import NIOPosix
package import RedisClient
import Synchronization
package import Tracing

extension Worker {
    /// Performs jobs until there is none in these queues.
    ///
    /// - Parameters:
    ///   - concurrency: How many at a time. Default: 1.
    ///   - connect: Makes a connection, which is closed at the end.
    /// - Returns: What became of each.
    package static func drain(
        _ queues: [String], jobs: Jobs, namespace: String, concurrency: Int = 1, tracer: (any Tracer)? = nil,
        connect: @escaping @Sendable () -> any BlockingRedisCommands
    ) async -> [WorkerEvent] {
        let idle = Latch()
        let outcomes = Mutex<[WorkerEvent]>([])
        var options = WorkerOptions()
        options.namespace = namespace
        options.tracer = tracer
        let group = ProcessorGroup(
            queues: queues, jobs: jobs, on: [MultiThreadedEventLoopGroup.singleton.any()], options: options,
            logger: Logger(label: "resque") { _ in SwiftLogNoOpLogHandler() },
            events: { _, event in
                switch event {
                case .pause: idle.open()
                case .success, .failure, .reEnqueue, .postponed: outcomes.withLock { $0.append(event) }
                default: break
                }
            },
            connect: { _, _ in connect() })
        await group.work {
            group.resize(to: concurrency)
            await idle.wait()
        }
        return outcomes.withLock { $0 }
    }
}

extension Scheduler {
    /// Enqueues the recurring jobs that are due now. One that is new counts from now.
    package static func enqueueRecurringJobs(redis: any RedisCommands, namespace: String) async throws {
        let logger = Logger(label: "resque") { _ in SwiftLogNoOpLogHandler() }
        var reported: Set<ByteString> = []
        _ = try await Scheduler(redis: redis, namespace: namespace, logger: logger).enqueueRecurringJobs(&reported)
    }

    /// Moves the delayed jobs that are due now to their queues.
    ///
    /// - Returns: How many.
    package static func moveDueJobs(redis: any RedisCommands, namespace: String) async throws -> Int {
        let logger = Logger(label: "resque") { _ in SwiftLogNoOpLogHandler() }
        let scheduler = Scheduler(redis: redis, namespace: namespace, logger: logger)
        var moved = 0
        while true {
            let step = try await scheduler.step()
            moved += step.moved
            if step.isWhole { return moved }
        }
    }
}

extension Job {
    /// A delayed job, whose queue is in its bytes.
    package init(delayed bytes: [UInt8]) throws(InvalidJob) {
        let queue = (try? JSONObject(bytes, limits: .redisBytes))?["queue"]?.text
        try self.init(bytes, from: queue ?? "")
    }
}
