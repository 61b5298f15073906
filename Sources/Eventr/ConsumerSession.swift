import BgdemoFoundations
import Logging
import Metrics
import NIOCore
import RedisClient
import Synchronization

/// One process at work for a consumer: it takes events, has them handled, and acknowledges them.
///
/// What is in Redis moves only forward, in one step each: events are read, or leased to a process, or acknowledged. A
/// process that dies leaves leases that run out; their events are taken by another.
final class ConsumerSession: Sendable {
    enum Phase: Int, Comparable, AtomicRepresentable {
        /// Events are taken.
        case running
        /// No more are taken; those in hand are finished.
        case draining
        /// Time is up.
        case stopped

        static func < (one: Phase, other: Phase) -> Bool { one.rawValue < other.rawValue }
    }

    enum Work: Sendable {
        case lease(EventLease)
        case retry(String)
    }

    let name: String
    let handlers: [EventHandler]
    let options: ConsumerOptions
    let store: EventStore
    let emit: @Sendable (ConsumerEvent) -> Void
    let pending = PendingPartitions()
    let wakeup = WakeupSignal()
    /// Wakes the one who looks through the partitions.
    let scanWakeup = WakeupSignal()
    let held = Mutex<[String: EventLease]>([:])
    let heldRetries = Mutex<Set<String>>([])
    /// Partitions that can't be read, and were told of.
    let faulty = Mutex<Set<Int>>([])
    let metrics: ConsumerMetrics
    let batchSizer: BatchSizer
    /// When a retry may be due, and how many there are.
    let retries = Mutex<(due: ContinuousClock.Instant, count: Int)>((.now, 0))
    private let phaseNow = Atomic(Phase.running)
    private let isRedisAway = Atomic(false)
    private let tokens = Atomic(0)
    private let process = String(UInt64.random(in: .min ... .max), radix: 36)
    private let position = Atomic(0)

    init(
        name: String, handlers: [EventHandler], store: EventStore, options: ConsumerOptions,
        emit: @escaping @Sendable (ConsumerEvent) -> Void
    ) {
        (self.name, self.handlers, self.store, self.options, self.emit) = (name, handlers, store, options, emit)
        metrics = ConsumerMetrics(consumer: name)
        batchSizer = BatchSizer(batch: options.batch, concurrency: options.concurrency)
    }

    var phase: Phase { phaseNow.load(ordering: .relaxed) }

    func enter(_ phase: Phase) {
        phaseNow.store(phase, ordering: .relaxed)
        wakeup.signal()
        scanWakeup.signal()
    }

    /// Works until it is to leave; then finishes what is in hand.
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

    private func takeAndHandle() async {
        await withTaskGroup(of: Void.self) { group in
            var inHand = 0
            while phase == .running {
                if inHand == max(1, options.concurrency) {
                    await group.next()
                    inHand -= 1
                } else if let work = await take() {
                    inHand += 1
                    group.addTask { await self.handle(work) }
                } else if phase == .running {
                    emit(.pause)
                    await wakeup.wait(until: retries.withLock(\.due))
                }
            }
        }
    }

    /// Deletes what has become too old and is read, once in a partition's length.
    private func trim(olderThan age: Duration) async {
        while phase == .running, !Task.isCancelled {
            _ = await retryUntil(.draining) { _ in try await EventLog(self.store).trim(olderThan: age) }
            try? await Task.sleep(for: .seconds(store.options.partitionSeconds))
        }
    }

    private func handle(_ work: Work) async {
        switch work {
        case .lease(let lease): await handle(lease)
        case .retry(let retry): await handle(retry: retry)
        }
    }

    // MARK: Taking

    private func take() async -> Work? {
        if let retry = await dueRetry() { return .retry(retry) }
        guard retries.withLock(\.count) < max(1, options.retries) else { return nil }
        while phase == .running, let (partition, seen) = pending.first {
            emit(.poll(partition: partition))
            // Asked again with the same token, Redis gives the same events again: no reply's loss loses them.
            let token = "\(process):\(tokens.add(1, ordering: .relaxed).newValue)"
            let holding = held.withLock { Array($0.keys) }
            let batch = batchSizer.size(atMost: options.batch)
            let taken = await retryUntil(.draining, about: partition) { _ in
                var options = self.options
                options.batch = batch
                return try await self.store.take(
                    from: partition, for: self.name, token: token, holding: holding, options)
            }
            guard let taken, let lease = taken.lease else {
                pending.remove(partition, seen: seen)
                continue
            }
            // The newest is asked until it has none: that is how Redis knows that somebody waits.
            if !taken.hasMore, pending.last != partition { pending.remove(partition, seen: seen) }
            if taken.isAnew { emit(.gap(partition: partition, events: 0)) }
            if lease.deaths >= 0 { emit(.takeover(partition: partition, events: lease.events.count)) }
            if let token = lease.token { held.withLock { $0[token] = lease } }
            await move(to: partition)
            return .lease(lease)
        }
        return nil
    }

    /// Writes down the newest partition that events were taken from: there an original consumer would go on.
    private func move(to partition: Int) async {
        guard partition > position.load(ordering: .relaxed) else { return }
        position.store(partition, ordering: .relaxed)
        _ = await retryUntil(.draining) { _ in
            try await self.store.send("HSET", self.store.keys.clientPartitions, self.name, "\(partition)")
        }
    }

    func forgetPosition() { position.store(0, ordering: .relaxed) }
}

extension ConsumerSession {
    /// Makes a call to Redis until it succeeds or the phase is past; nil then. Redis may be away for any time.
    ///
    /// A call is not cancelled with its task: when time is up, what is done is acknowledged all the same.
    ///
    /// - Parameters:
    ///   - partition: Where the call is about one partition: what Redis refuses is then that partition's fault, is told
    ///     and not asked again, so that the others have their turn.
    ///   - call: Is told whether it is made for the first time; if not, it may have been carried out before.
    func retryUntil<Result: Sendable>(
        _ limit: Phase, about partition: Int? = nil,
        _ call: @escaping @Sendable (_ isFirst: Bool) async throws -> Result
    ) async -> Result? {
        var wait = Duration.milliseconds(20)
        var isFirst = true
        while true {
            let first = isFirst
            switch await Task(operation: { try await call(first) }).result {
            case .success(let result):
                isRedisAway.store(false, ordering: .relaxed)
                return result
            case .failure(let error):
                let isRefused = partition != nil && (error as? RedisError)?.isRetryable == false
                if isRefused || !isRedisAway.exchange(true, ordering: .relaxed) {
                    emit(.error(handler: nil, nil, error))
                }
                if isRefused { return nil }
            }
            guard phase < limit else { return nil }
            isFirst = false
            try? await Task.sleep(for: wait * Double.random(in: 0.5...1))
            wait = min(wait * 2, .seconds(1))
        }
    }
}
