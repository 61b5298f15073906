public import Logging
public import NIOCore
public import RedisClient
public import Resque
import ServiceLifecycle

extension ResqueStrategy {
    /// The workers, and a scheduler for what waits for its next attempt.
    public struct WorkerGroup: Sendable {
        let control = WorkerControl()
        private let worker: any Service
        private let scheduler: Scheduler

        /// - Parameters:
        ///   - queues: See `Worker`.
        ///   - jobs: What can be performed.
        ///   - environment: That of Rails, for recurring jobs that are for some alone.
        ///   - processors: How many jobs at a time; a range follows the load.
        public init(
            queues: [String], jobs: Jobs, processors: ClosedRange<Int>, redis: RedisURL, on group: any EventLoopGroup,
            options: WorkerOptions, environment: String?, logger: Logger
        ) {
            var options = options
            options.control = control
            let log: @Sendable (String, WorkerEvent) -> Void = { worker, event in
                event.log(to: logger, worker: worker) { MailJob.details(of: $0) }
            }
            if processors.count == 1 {
                options.concurrency = processors.lowerBound
                worker = Worker(
                    queues: queues, jobs: jobs, redis: redis, on: group, options: options, logger: logger, events: log)
            } else {
                var scaling = MultiWorker.Scaling()
                scaling.processors = processors
                worker = MultiWorker(
                    queues: queues, jobs: jobs, redis: redis, on: group, options: options, scaling: scaling,
                    logger: logger, events: log)
            }
            let connection = RedisConnection(
                redis.node(of: options.namespace + ":"), on: group.next(), options: options.redis, logger: logger)
            scheduler = Scheduler(
                redis: connection, namespace: options.namespace, environment: environment, logger: logger)
        }

        func run() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await scheduler.run() }
                group.addTask { try await worker.run() }
                try await group.waitForAll()
            }
        }
    }
}
