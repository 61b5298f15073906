import BgdemoFoundations
import BgdemoTraceContext
import Logging
import NIOCore
import RedisClient
import Synchronization

/// The workers of one process: what they share, how many there are, and how they stop.
final class ProcessorGroup: Sendable {
    enum Phase: Comparable {
        /// Jobs are taken.
        case running
        /// No more jobs are taken; those in hand are finished.
        case draining
        /// The time to stop is over.
        case stopped
    }

    private struct State {
        var phase = Phase.running
        var processors: [(processor: Processor, task: Task<Void, Never>)] = []
        var isRedisAway = false
        /// The connections are being closed: no wait for Redis helps any more.
        var isClosing = false
        /// The last one: a heartbeat, or a renewal of the lease alone.
        var beat: EventLoopFuture<Void>?
        var beats = 0
        /// How many processors there have been.
        var count = 0
        /// How many are wanted.
        var size = 0
    }

    let selection: QueueSelection
    let jobs: Jobs
    let options: WorkerOptions
    let store: ResqueStore
    let queue: Queue
    /// nil where no job is traced.
    let tracing: MessageTracer?
    let wakeup = IdleProcessors()
    let control: WorkerControl
    /// Where processors wait while they are paused.
    let resumption = IdleProcessors()
    let leftJobs: LeftJobs
    let lease: ProcessLease
    /// Each processor has one of them.
    private let reservers: [Reserver]
    /// The event loop of its connections.
    let loop: any EventLoop
    private let connections: [any BlockingRedisCommands]
    /// Makes a connection on an event loop.
    private let connect: @Sendable (any EventLoop, Logger) -> any BlockingRedisCommands
    private let exit = Latch()
    let logger: Logger
    private let metrics: WorkerMetrics
    private let emit: @Sendable (String, WorkerEvent) -> Void
    private let state = Mutex(State())

    convenience init(
        queues: [String], jobs: Jobs, redis: RedisURL, on group: any EventLoopGroup, options: WorkerOptions,
        logger: Logger,
        events: (@Sendable (_ worker: String, WorkerEvent) -> Void)?
    ) {
        // A worker sends few commands, but one job may be large.
        var redisOptions = options.redis
        redisOptions.pendingByteLimit = max(redisOptions.pendingByteLimit, 1 << 30)
        // One that was reserved and cannot be received would be reserved again and again.
        redisOptions.replyByteLimit = max(redisOptions.replyByteLimit, 1 << 30)
        // On a Cluster all keys are in one slot, or else Redis refuses the scripts and says so.
        let redis = redis.node(of: ResqueKeys(namespace: options.namespace).prefix)
        self.init(
            queues: queues, jobs: jobs, on: (0..<max(1, options.connections)).map { _ in group.next() },
            options: options, logger: logger, events: events
        ) { [redisOptions] loop, logger in
            RedisConnection(redis, on: loop, options: redisOptions, logger: logger)
        }
    }

    /// - Parameters:
    ///   - loops: One or more; each has a connection for reservations.
    ///   - connect: Makes a connection on an event loop.
    init(
        queues: [String], jobs: Jobs, on loops: [any EventLoop], options: WorkerOptions, logger: Logger,
        events: (@Sendable (_ worker: String, WorkerEvent) -> Void)?,
        connect: @escaping @Sendable (any EventLoop, Logger) -> any BlockingRedisCommands
    ) {
        var options = options
        // Less would keep the worker and Redis busy with nothing else.
        options.heartbeat = max(options.heartbeat, .milliseconds(1))
        options.deadAfter = max(options.deadAfter, .milliseconds(100))
        (self.jobs, self.options, self.logger, self.connect) = (jobs, options, logger, connect)
        control = options.control ?? WorkerControl()
        leftJobs = LeftJobs(wait: options.unknownClassWait)
        metrics = WorkerMetrics(jobs)
        emit = events ?? { worker, event in event.log(to: logger, worker: worker) }
        loop = loops[0]
        connections = loops.map { connect($0, logger) }
        let keys = ResqueKeys(namespace: options.namespace)
        let selection = QueueSelection(queues, keys: keys)
        let lease = ProcessLease(options.deadAfter)
        reservers = zip(connections, loops).map {
            Reserver(ResqueStore(redis: $0, keys: keys), selection, lease, on: $1)
        }
        (self.selection, self.lease) = (selection, lease)
        store = ResqueStore(redis: connections[0], keys: keys)
        tracing = MessageTracer(options.tracer)
        queue = Queue(store: store, jobs: jobs, tracing: tracing)
    }

    /// A connection beside those for reservations. The caller closes it.
    func connect(logger: Logger) -> any BlockingRedisCommands { connect(loop, logger) }

    /// How long workers without a job may take to remove themselves.
    private static let idleGrace = Duration.milliseconds(300)

    var phase: Phase { state.withLock(\.phase) }

    private var isRedisUnavailable: Bool { state.withLock(\.isRedisAway) }

    var processors: [Processor] { state.withLock { $0.processors.map(\.processor) } }

    func emit(_ id: WorkerID, _ event: WorkerEvent) {
        metrics.record(event)
        emit(id.description, event)
    }

    /// Works until `run`, which chooses the number of processors, returns; then stops gracefully.
    func work(_ run: () async -> Void) async {
        logger.info("start \(WorkerID.process) on \(selection.order.joined(separator: ","))")
        defer { logger.info("end \(WorkerID.process)") }
        control.add(self)
        defer { control.remove(self) }
        let pruned = Latch()
        await withTaskGroup { group in
            group.addTask { await self.sendHeartbeats() }
            group.addTask { await self.waitForJobs() }
            group.addTask {
                await self.pruneDeadWorkers()
                pruned.open()
            }
            await run()
            // Not cancelled with this task.
            await Task { await self.shutDown() }.value
            group.cancelAll()
            let limit: Duration = isRedisUnavailable ? .milliseconds(100) : .seconds(1)
            await Task { await self.wait(for: pruned, within: limit) }.value
            // Ends the commands that Redis has not answered.
            await closeConnections()
        }
    }

    /// Sets the number of processors. Those above it finish their current job.
    func resize(to size: Int) {
        state.withLock { state in
            state.size = size
            let staying = state.processors.filter { !$0.processor.isStopping }
            for _ in staying.count..<max(size, staying.count) {
                let reserver = reservers[state.count % reservers.count]
                state.count += 1
                let hasRegistered = state.processors.contains { $0.processor.isRegistered && !$0.processor.isStopping }
                let processor = Processor(
                    id: WorkerID(queues: selection.order), processorGroup: self, reserver,
                    isRegistered: options.registersEachProcessor || !hasRegistered)
                state.processors.append((processor, Task { await processor.run() }))
            }
            for (processor, _) in staying.dropFirst(size) { processor.stop() }
            metrics.record(processors: size)
        }
        wakeup.signalAll()
        resumption.signalAll()
    }

    /// Processors look again whether they are paused, and other programs are told.
    func pauseDidChange() {
        wakeup.signalAll()
        resumption.signalAll()
        Task { try? await renewLease() }
    }

    func processorDidExit(_ processor: Processor) {
        let isLast = state.withLock { state in
            state.processors.removeAll { $0.processor === processor }
            return state.processors.isEmpty && state.phase > .running
        }
        if isLast { exit.open() }
    }

    /// Returns how many have begun before.
    func beatDidBegin(_ beat: EventLoopFuture<Void>) -> Int {
        state.withLock { state in
            defer { state.beats += 1 }
            state.beat = beat
            return state.beats
        }
    }

    /// Returns when the last heartbeat that was begun is written: it may still register the workers of that time.
    func waitForBeat() async { try? await state.withLock(\.beat)?.get() }

    private func shutDown() async {
        let isEmpty = state.withLock { state in
            state.phase = .draining
            return state.processors.isEmpty
        }
        if isEmpty { exit.open() }
        wakeup.close()
        resumption.close()
        async let takesWrites = takesWrites()
        await wait(for: exit, within: min(Self.idleGrace, options.grace))
        if !processors.isEmpty, processors.allSatisfy({ !$0.holdsJob }), await !takesWrites {
            // They wait for Redis alone. What they could not remove, others prune.
            await closeConnections()
        }
        await wait(for: exit, within: options.grace)
        let late = state.withLock { state in
            state.phase = .stopped
            return state.processors
        }
        for (_, task) in late { task.cancel() }
        await wait(for: exit, within: .milliseconds(500))
        // The rest ignore cancellation; the process ends under them.
        let unregistered = Latch()
        Task { [self] in
            await withTaskGroup { group in
                for processor in processors { group.addTask { await processor.unregister() } }
            }
            try? await store.forget(WorkerID.process)
            unregistered.open()
        }
        await wait(for: unregistered, within: isRedisUnavailable ? .milliseconds(200) : .seconds(3))
    }

    func closeConnections() async {
        state.withLock { $0.isClosing = true }
        await withTaskGroup { group in
            for connection in connections { group.addTask { await connection.close() } }
        }
    }

    /// Whether Redis takes a write, which changes nothing, within a moment.
    private func takesWrites() async -> Bool {
        await withTaskGroup { group in
            group.addTask { [store] in
                do {
                    _ = try await store.send("SREM", store.keys.workers, "")
                    return true
                } catch {
                    return false
                }
            }
            group.addTask {
                try? await Task.sleep(for: Self.idleGrace)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    /// Returns when the signal is closed, or the time is over.
    private func wait(for latch: Latch, within limit: Duration) async {
        await withTaskGroup { group in
            group.addTask { await latch.wait() }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

extension ProcessorGroup {
    /// Repeats a call to Redis until it succeeds. Redis may be unavailable for any time.
    ///
    /// - Returns: nil where the phase is past before it succeeds.
    ///
    /// - Parameter call: Its argument says whether this is the first attempt; a later one may repeat what has run.
    func retry<Result: Sendable>(
        until limit: Phase, _ id: WorkerID, _ call: (_ isFirst: Bool) async throws -> Result
    ) async -> Result? {
        var wait = Duration.milliseconds(20)
        var isFirst = true
        repeat {
            do {
                let result = try await call(isFirst)
                state.withLock { $0.isRedisAway = false }
                return result
            } catch {
                let isNews = state.withLock { state in
                    defer { state.isRedisAway = true }
                    return !state.isRedisAway
                }
                if isNews { emit(id, .error(error, nil)) }
            }
            isFirst = false
            await pause(wait * Double.random(in: 0.5...1), until: limit)
            wait = min(wait * 2, .seconds(1))
        } while !isOver(limit) && !Task.isCancelled
        return nil
    }

    /// Whether the phase has begun, or there is no connection any more.
    private func isOver(_ limit: Phase) -> Bool { state.withLock { $0.phase >= limit || $0.isClosing } }

    /// Waits, but not past the beginning of a phase, nor for connections that are being closed.
    private func pause(_ time: Duration, until limit: Phase) async {
        let end = ContinuousClock.now + time
        while !isOver(limit), !Task.isCancelled, case let left = end - .now, left > .zero {
            try? await Task.sleep(for: min(left, .milliseconds(100)))
        }
    }
}
