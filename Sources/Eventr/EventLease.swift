import BgdemoFoundations
import RedisClient
import Synchronization

/// Events that this process has taken and no other has, until it acknowledges them or is silent for too long.
final class EventLease: Sendable {
    private struct State {
        var done: Int
        var isLost = false
        var isEnding = false
    }

    let partition: Int
    /// nil for at-most-once delivery: the events are acknowledged already.
    let token: String?
    let events: [Event]
    /// How many processes have died with the first of these events; -1 if no process has had them.
    let deaths: Int
    /// The index after that of the last event.
    let limit: Int
    private let state: Mutex<State>

    /// nil if the index of an event would not be an integer.
    init?(partition: Int, token: String?, first: Int, deaths: Int, events: [[UInt8]]) {
        guard first >= 0, first <= .max - events.count else { return nil }
        (self.partition, self.token, self.deaths) = (partition, token, deaths)
        self.events = events.enumerated().map { Event($1, partition: partition, index: first + $0) }
        limit = first + events.count
        state = Mutex(State(done: first))
    }

    /// The index of the first event that is not handled.
    var done: Int { state.withLock(\.done) }

    /// Whether another process has the events now.
    var isLost: Bool { state.withLock(\.isLost) }

    /// Whether the last acknowledgement is on its way.
    var isEnding: Bool { state.withLock(\.isEnding) }

    func end() { state.withLock { $0.isEnding = true } }

    func didHandle(_ event: Event) { state.withLock { $0.done = max($0.done, event.place.index + 1) } }

    /// Returns whether it was not lost before.
    func lose() -> Bool {
        state.withLock { state in
            defer { state.isLost = true }
            return !state.isLost
        }
    }
}

extension EventStore {
    /// The result of taking events.
    struct TakeResult: Sendable {
        let lease: EventLease?
        /// Whether there is more to take.
        let hasMore: Bool
        /// Whether the partition had been deleted and written anew.
        let isAnew: Bool
    }

    /// Takes events of a partition; see ``EventScripts/take``.
    func take(
        from partition: Int, for consumer: String, token: String, holding held: [String] = [],
        _ options: ConsumerOptions
    ) async throws(RedisError) -> TakeResult {
        let isLeased = options.delivery == .atLeastOnce
        let reply = try await redis.run(
            EventScripts.take,
            keys: [
                keys.partition(partition), keys.counters(partition), keys.leases(partition, consumer),
                keys.waiting(partition),
            ],
            arguments: [consumer, token, max(1, options.batch), isLeased ? max(1, options.lease.milliseconds) : 0]
                + held)
        guard let first = reply[0]?.int, let deaths = reply[1]?.int, let events = reply[3]?.array else {
            return TakeResult(lease: nil, hasMore: false, isAnew: false)
        }
        guard
            let lease = EventLease(
                partition: partition, token: isLeased ? token : nil, first: first, deaths: deaths,
                events: events.compactMap(\.bytes))
        else { throw .protocolViolation("the index of an event is out of bounds: \(first)") }
        return TakeResult(lease: lease, hasMore: reply[4]?.int ?? 0 > 0, isAnew: reply[2]?.int == 1)
    }

    /// Acknowledges what is handled of a lease and keeps the rest for `time`, or gives it back if that is zero.
    ///
    /// A lease that is kept is kept with at least one event: it ends when it is given back, and then only once.
    ///
    /// - Returns: Whether the lease still belonged to this process.
    func acknowledge(
        _ lease: EventLease, of consumer: String, keepingRestFor time: Duration
    ) async throws(RedisError) -> Bool {
        guard let token = lease.token else { return true }
        let reply = try await run(
            EventScripts.acknowledge, keys: [keys.counters(lease.partition), keys.leases(lease.partition, consumer)],
            consumer, token, time == .zero ? lease.done : min(lease.done, lease.limit - 1), time.milliseconds,
            keys.written, lease.partition)
        return reply.int == 1
    }
}
