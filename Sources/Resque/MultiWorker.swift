import BgdemoFoundations
public import Logging
public import NIOCore
public import RedisClient
public import ServiceLifecycle
import Synchronization

/// A worker that performs as many jobs at a time as the process can bear: one that waits costs nothing, and another may
/// run beside it; one that computes leaves room for few.
///
/// Jobs run on Swift's cooperative threads, as many as there are cores. What is measured is how late a task is that is
/// due there (the talk's "see how long it takes for the next loop"): while it is on time there is room for one more
/// job, when it is late there are too many. The signs of life and the connection are on event loops, which no job can
/// hold up.
public final class MultiWorker: Service {
    /// How the number of jobs at a time follows the load.
    public struct Scaling: Sendable {
        /// The fewest and the most jobs at a time.
        public var processors = 1...10
        /// How often the load is measured, and at most one processor added or dismissed.
        public var interval = Duration.milliseconds(500)
        /// How late a task may be.
        public var lateness = Duration.milliseconds(10)

        /// One to ten jobs at a time, by measurements of half a second.
        public init() {}
    }

    private let processorGroup: ProcessorGroup
    private let scaling: Scaling
    private let logger: Logger

    /// - Parameters: See ``Worker``; the `concurrency` of the options does not count.
    public init(
        queues: [String], jobs: Jobs, redis: RedisURL, on group: any EventLoopGroup,
        options: WorkerOptions = WorkerOptions(), scaling: Scaling = Scaling(), logger: Logger,
        events: (@Sendable (_ worker: String, WorkerEvent) -> Void)? = nil
    ) {
        processorGroup = ProcessorGroup(
            queues: queues, jobs: jobs, redis: redis, on: group, options: options, logger: logger, events: events)
        (self.scaling, self.logger) = (scaling, logger)
    }

    /// Works until its task is cancelled or the service group shuts down; see ``Worker/run()``.
    ///
    /// - Throws: Nothing.
    public func run() async throws {
        await processorGroup.work { [self] in
            await withTaskGroup { group in
                group.addTask { await self.scale() }
                try? await gracefulShutdown()
                group.cancelAll()
            }
        }
    }

    private func scale() async {
        var size = scaling.processors.lowerBound
        processorGroup.resize(to: size)
        while let lateness = await measure() {
            let wanted = wanted(size, busy: processorGroup.processors.count(where: \.isWorking), lateness)
            guard wanted != size else { continue }
            let milliseconds = lateness.milliseconds
            logger.info(
                "multiWorkerAction \(wanted > size ? "+" : "-") to \(wanted) processors, delay \(milliseconds) ms",
                metadata: ["processors": "\(wanted)", "delay_ms": "\(milliseconds)"])
            size = wanted
            processorGroup.resize(to: size)
        }
    }

    /// How much later than due a task gets its thread; nil when cancelled.
    private func measure() async -> Duration? {
        let due = ContinuousClock.now + scaling.interval
        do { try await Task.sleep(until: due, clock: .continuous) } catch { return nil }
        return ContinuousClock.now - due
    }

    /// One fewer when tasks are late, or half of the processors have nothing to do; one more when most are busy.
    private func wanted(_ size: Int, busy: Int, _ lateness: Duration) -> Int {
        let range = scaling.processors
        if lateness > scaling.lateness { return max(size - 1, range.lowerBound) }
        if busy * 2 > size { return min(size + 1, range.upperBound) }
        if busy * 2 < size { return max(size - 1, range.lowerBound) }
        return size
    }
}
