import BgdemoFoundations
import BgdemoTraceContext
import Logging
import Metrics
import NIOCore
import RedisClient
import Synchronization

/// One process at work for a consumer: it takes events, runs the handlers, and acknowledges.
///
/// The phases of an event: unread → leased to a process → acknowledged; each step is one script. A process that dies leaves
/// leases that expire; another process takes their events.
///
/// Two clocks wake it: notifications from producers (`wakeup`) and a periodic scan of the partitions (`scanWakeup`).
///
/// What asks Redis runs on the event loop of the connection, so that an event passes from thread to thread twice: to the
/// handlers, which may block, and back.
final class ConsumerSession: Sendable {
    enum Phase: Int, Comparable, AtomicRepresentable {
        /// Events are taken.
        case running
        /// No more events are taken; those in hand are finished.
        case draining
        /// The grace period is over.
        case stopped

        static func < (one: Phase, other: Phase) -> Bool { one.rawValue < other.rawValue }
    }

    enum Work: Sendable {
        case lease(EventLease)
        case retry(ByteString)
    }

    let name: String
    let handlers: [EventHandler]
    let options: ConsumerOptions
    let store: EventStore
    let emit: @Sendable (ConsumerEvent) -> Void
    /// The event loop of the connection; nil where there is none.
    private let executor: (any TaskExecutor)?
    let pending = PendingPartitions()
    let wakeup = WakeupSignal()
    /// Wakes the task that scans the partitions.
    let scanWakeup = WakeupSignal()
    let held = Mutex<[String: EventLease]>([:])
    let heldRetries = Mutex<Set<ByteString>>([])
    /// Partitions that cannot be read, and were reported.
    let faulty = Mutex<Set<Int>>([])
    /// The spans of failed attempts, as words, by their next attempts' retries.
    let failedSpans = FailedSpans<ByteString>()
    /// nil where no event is traced.
    let tracing: MessageTracer?
    let metrics: ConsumerMetrics
    let batchSizer: BatchSizer
    private let slots: BatchSlots
    /// When a retry may be due, and how many there are.
    let retries = Mutex<(due: ContinuousClock.Instant, count: Int)>((.now, 0))
    private let phaseNow = Atomic(Phase.running)
    private let isRedisAway = Atomic(false)
    private let tokens = Atomic(0)
    private let process = String(UInt64.random(in: .min ... .max), radix: 36)
    private let position = Atomic(0)

    init(
        name: String, handlers: [EventHandler], store: EventStore, options: ConsumerOptions,
        executor: (any TaskExecutor)? = nil, emit: @escaping @Sendable (ConsumerEvent) -> Void
    ) {
        self.executor = executor
        (self.name, self.handlers, self.store, self.options, self.emit) = (name, handlers, store, options, emit)
        tracing = MessageTracer(options.tracer)
        metrics = ConsumerMetrics(consumer: name)
        batchSizer = BatchSizer(batch: options.batch, concurrency: options.concurrency)
        slots = BatchSlots(limit: options.concurrency)
    }

    var phase: Phase { phaseNow.load(ordering: .relaxed) }

    /// Whether no event is in hand.
    var isIdle: Bool { held.withLock(\.isEmpty) && heldRetries.withLock(\.isEmpty) }

    func enter(_ phase: Phase) {
        phaseNow.store(phase, ordering: .relaxed)
        wakeup.signal()
        scanWakeup.signal()
    }

    /// Works until the phase is `draining`; then finishes what is in hand.
    func work(hints: RedisSubscription) async {
        await withTaskGroup { group in
            group.addTask { await self.listen(hints) }
            group.addTask { await self.scan() }
            group.addTask { await self.renew() }
            if let age = options.retention { group.addTask { await self.trim(olderThan: age) } }
            await self.takeAndHandle()
            group.cancelAll()
        }
    }

    /// Handles what is there to handle, one after another.
    func drain() async {
        await scanOnce()
        while let work = await take() {
            await slots.beginHandling()
            await handle(work)
            slots.endAcknowledging()
        }
    }

    private func takeAndHandle() async {
        await withDiscardingTaskGroup { group in
            while true {
                await slots.waitToTake()
                guard phase == .running else { break }
                if let work = await take() {
                    await slots.beginHandling()
                    group.addTask {
                        await self.handle(work)
                        self.slots.endAcknowledging()
                    }
                } else if phase == .running {
                    emit(.pause)
                    await wakeup.wait(until: retries.withLock(\.due))
                }
            }
        }
    }

    /// Deletes partitions that are old enough and read, once in a partition's length.
    private func trim(olderThan age: Duration) async {
        while phase == .running, !Task.isCancelled {
            _ = await retryUntil(.draining) { _ throws(RedisError) in
                try await EventLog(self.store).trim(olderThan: age)
            }
            try? await Task.sleep(for: .seconds(store.partitionSeconds))
        }
    }

    /// Handles events off the event loop, which handlers may block, and acknowledges them.
    private func handle(_ work: Work) async {
        // A task that prefers no executor: to ask for the preferred one at each call costs a tenth of a batch.
        let handling = Task {
            switch work {
            case .lease(let lease): await handle(lease)
            case .retry(let retry): await handle(retry: retry)
            }
        }
        await withTaskCancellationHandler {
            await handling.value
        } onCancel: {
            handling.cancel()
        }
        slots.beginAcknowledging()
        if case .lease(let lease) = work { await end(lease) }
    }

    // MARK: Taking

    private func take() async -> Work? {
        if let retry = await dueRetry() { return .retry(retry) }
        guard retries.withLock(\.count) < max(1, options.retries) else { return nil }
        while phase == .running, let (partition, seen) = pending.first {
            emit(.poll(partition: partition))
            // Asked again with the same token, Redis replies with the same events: a lost reply loses no events.
            let token = "\(process):\(tokens.wrappingAdd(1, ordering: .relaxed).newValue)"
            let holding = held.withLock { Array($0.keys) }
            let batch = batchSizer.size(atMost: options.batch)
            let taken = await retryUntil(.draining, endsWhenRefused: true) { _ throws(RedisError) in
                var options = self.options
                options.batch = batch
                return try await self.store.take(
                    from: partition, for: self.name, token: token, holding: holding, options)
            }
            guard let taken, let lease = taken.lease else {
                pending.remove(partition, seen: seen)
                continue
            }
            // The newest partition is asked until it has no events: that is how Redis knows that a consumer waits.
            if !taken.hasMore, pending.last != partition { pending.remove(partition, seen: seen) }
            if taken.isAnew { emit(.gap(partition: partition, events: 0)) }
            if lease.deaths >= 0 { emit(.takeover(partition: partition, events: lease.events.count)) }
            if let token = lease.token { held.withLock { $0[token] = lease } }
            await move(to: partition)
            return .lease(lease)
        }
        return nil
    }

    /// Notes the newest partition that events were taken from: there a consumer of 2016 would continue.
    private func move(to partition: Int) async {
        guard partition > position.load(ordering: .relaxed) else { return }
        position.store(partition, ordering: .relaxed)
        _ = await retryUntil(.draining) { _ throws(RedisError) in
            try await self.store.send("HSET", self.store.keys.clientPartitions, self.name, "\(partition)")
        }
    }

    func forgetPosition() { position.store(0, ordering: .relaxed) }
}

extension ConsumerSession {
    /// The first and the longest wait between two attempts of a request.
    private static let backoff = (first: Duration.milliseconds(20), longest: Duration.seconds(1))

    /// Makes a request to Redis until it succeeds, or the phase is at its limit; then nil. Redis may be away for any time.
    ///
    /// A request is not cancelled with its task: what was handled is acknowledged in the grace period too.
    ///
    /// - Parameters:
    ///   - endsWhenRefused: Whether what Redis refuses is reported and not asked again, then nil: the fault is that of one key,
    ///     and what is in the others has its turn. Default: false.
    ///   - request: Gets whether it is the first attempt; if not, an earlier attempt may have been carried out.
    func retryUntil<Result: Sendable>(
        _ limit: Phase, endsWhenRefused: Bool = false,
        _ request: @escaping @Sendable (_ isFirst: Bool) async throws(RedisError) -> Result
    ) async -> Result? {
        var failures = 0
        while true {
            let isFirst = failures == 0
            switch await Task(executorPreference: executor, operation: { try await request(isFirst) }).result {
            case .success(let result):
                isRedisAway.store(false, ordering: .relaxed)
                return result
            case .failure(let error):
                let isRefused = endsWhenRefused && (error as? RedisError)?.isRetryable == false
                if isRefused || !isRedisAway.exchange(true, ordering: .relaxed) {
                    emit(.error(handler: nil, nil, error))
                }
                if isRefused || (error as? RedisError) == .closed { return nil }
            }
            guard phase < limit else { return nil }
            let wait = RetryPolicy.backoff(
                base: Self.backoff.first, cap: Self.backoff.longest, doublings: failures)
            try? await Task.sleep(for: wait * Double.random(in: 0.5...1))
            failures += 1
        }
    }
}
