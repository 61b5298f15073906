import BgdemoFoundations
import Metrics
import RedisClient
import Synchronization

extension ConsumerSession {
    /// How long what is done may wait for its acknowledgement: what a crash has handled twice is what was done since.
    private static let delay = Duration.milliseconds(50)
    /// So many processes may die with an event before it is taken for their murderer.
    private static let deaths = 10

    /// Has the events of a lease handled, one after another, and acknowledges them.
    func handle(_ lease: EventLease) async {
        let began = ContinuousClock.now
        var acknowledged = began
        var handled = 0
        for event in lease.events {
            guard phase == .running || lease.token == nil, !lease.isLost else { break }
            guard await handle(event, deaths: lease.deaths) else { break }
            lease.didHandle(event)
            handled += 1
            if ContinuousClock.now - acknowledged > Self.delay, lease.done < lease.limit {
                await acknowledge(lease)
                acknowledged = .now
            }
        }
        batchSizer.record(handled, in: .now - began)
        if let token = lease.token {
            lease.end()
            await acknowledge(lease, keepsRest: false)
            // Until now it must not be taken from ourselves, should it have run out.
            held.withLock { $0[token] = nil }
        }
    }

    /// Returns whether every handler is done with the event, or will try again, or has given up for good.
    private func handle(_ event: Event, deaths: Int) async -> Bool {
        emit(.event(event))
        metrics.events.increment()
        for handler in handlers {
            if deaths >= Self.deaths {
                guard await fail(handler.name, event, failures: 1, PoisonEvent(deaths: deaths)) else { return false }
                continue
            }
            do {
                let result = try await handler.perform(event)
                succeed(handler, event, result)
            } catch  where Task.isCancelled {
                // Time is up: it was not the event's fault.
                return false
            } catch {
                guard await fail(handler, event, failures: 1, error) else { return false }
            }
        }
        return true
    }

    func succeed(_ handler: EventHandler, _ event: Event, _ result: any Sendable) {
        metrics.succeeded.increment()
        emit(.success(handler: handler.name, event, result: result))
    }

    /// Puts the event off for this handler, or buries it. Returns whether that is in Redis.
    func fail(
        _ handler: EventHandler, _ event: Event, failures: Int, was: String = "", _ error: any Error
    ) async -> Bool {
        metrics.failed.increment()
        emit(.error(handler: handler.name, event, error))
        guard handler.isRetryable(error), let delay = options.delay(afterFailures: failures) else {
            return await fail(handler.name, event, failures: failures, was: was, error)
        }
        let next = EventRetry(event.place, failures: failures, handler: handler.name)
        let isKept = await retryUntil(.stopped) { _ in
            try await self.store.replaceRetry(self.name, was: was, next: next, after: delay)
        }
        guard isKept != nil else { return false }
        retries.withLock { $0 = (min($0.due, .now + delay), $0.count + (was.isEmpty ? 1 : 0)) }
        emit(.retry(handler: handler.name, event.place, failures: failures, after: delay))
        return true
    }

    /// Buries the event for a handler of this name, with its error. Returns whether that is in Redis.
    func fail(_ handler: String, _ event: Event, failures: Int, was: String = "", _ error: any Error) async -> Bool {
        let isMoved = await retryUntil(.stopped) { _ in
            let dead = DeadEvent(event, consumer: self.name, handler: handler, failures: failures, error: error)
            return try await self.store.replaceRetry(self.name, was: was, dead: dead.json())
        }
        guard isMoved != nil else { return false }
        metrics.dead.increment()
        emit(.dead(handler: handler, event.place, error))
        return true
    }

    /// Acknowledges what is done of a lease, and keeps the rest or gives it back.
    private func acknowledge(_ lease: EventLease, keepsRest: Bool = true) async {
        let time = keepsRest ? options.lease : .zero
        let isOurs = await retryUntil(.stopped) { isFirst in
            let isOurs = try await self.store.acknowledge(lease, of: self.name, keepingRestFor: time)
            // The reply of the first time may have been lost, and with it a lease that was done.
            return isOurs || !isFirst && !keepsRest
        }
        // Ended meanwhile, it is nobody's.
        if isOurs == false, !keepsRest || !lease.isEnding, lease.lose() { emit(.lost(partition: lease.partition)) }
    }

    /// Says again and again that this process lives, for as long as it works.
    func renew() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.lease / 3)
            for lease in held.withLock({ Array($0.values) }) where !lease.isLost { await acknowledge(lease) }
            for retry in heldRetries.withLock({ Array($0) }) {
                _ = await retryUntil(.draining) { _ in
                    try await self.store.run(
                        EventScripts.holdRetry, keys: [self.store.keys.retries(self.name)], retry,
                        self.options.lease.milliseconds)
                }
            }
        }
    }
}

/// An event that was in hand whenever its consumer died is likely why.
private struct PoisonEvent: Error, CustomStringConvertible {
    let deaths: Int

    var description: String { "\(deaths) processes have died with this event in hand" }
}
