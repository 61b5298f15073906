import Metrics
import Redis
import Synchronization

extension Shift {
    /// How long what is done may wait for its acknowledgement: what a crash has handled twice is what was done since.
    private static let delay = Duration.milliseconds(50)
    /// So many processes may die with an event before it is taken for their murderer.
    private static let deaths = 10

    /// Has the events of a lease handled, one after another, and acknowledges them.
    func handle(_ lease: Lease) async {
        let began = ContinuousClock.now
        var acknowledged = began
        var handled = 0
        for event in lease.events {
            guard phase == .working || lease.token == nil, !lease.isLost else { break }
            guard await handle(event, deaths: lease.deaths) else { break }
            lease.didHandle(event)
            handled += 1
            if ContinuousClock.now - acknowledged > Self.delay, lease.done < lease.limit {
                await acknowledge(lease)
                acknowledged = .now
            }
        }
        pace.handled(handled, in: .now - began)
        if let token = lease.token {
            lease.end()
            await acknowledge(lease, keepsRest: false)
            // Until now it must not be taken from ourselves, should it have run out.
            held.withLock { $0[token] = nil }
        }
    }

    /// Returns whether every handler is done with the event, or will try again, or has given up for good.
    private func handle(_ event: Event, deaths: Int) async -> Bool {
        tell(.event(event))
        meters.events.increment()
        for handler in handlers {
            if deaths >= Self.deaths {
                guard await fail(handler.name, event, failures: 1, MurderousEvent(deaths: deaths)) else { return false }
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

    func succeed(_ handler: Handler, _ event: Event, _ result: any Sendable) {
        meters.succeeded.increment()
        tell(.success(handler: handler.name, event, result: result))
    }

    /// Puts the event off for this handler, or buries it. Returns whether that is in Redis.
    func fail(
        _ handler: Handler, _ event: Event, failures: Int, was: String = "", _ error: any Error
    ) async -> Bool {
        meters.failed.increment()
        tell(.error(handler: handler.name, event, error))
        guard handler.isRetryable(error), let delay = options.delay(afterFailures: failures) else {
            return await fail(handler.name, event, failures: failures, was: was, error)
        }
        let next = Retry(event.place, failures: failures, handler: handler.name)
        let isKept = await insist(until: .gone) { _ in
            try await self.store.settle(self.name, was: was, next: next, after: delay)
        }
        guard isKept != nil else { return false }
        retries.withLock { $0 = (min($0.due, .now + delay), $0.count + (was.isEmpty ? 1 : 0)) }
        tell(.retry(handler: handler.name, event.place, failures: failures, after: delay))
        return true
    }

    /// Buries the event for a handler of this name, with its error. Returns whether that is in Redis.
    func fail(_ handler: String, _ event: Event, failures: Int, was: String = "", _ error: any Error) async -> Bool {
        let isBuried = await insist(until: .gone) { _ in
            let dead = DeadEvent(event, consumer: self.name, handler: handler, failures: failures, error: error)
            return try await self.store.settle(self.name, was: was, dead: dead.json())
        }
        guard isBuried != nil else { return false }
        meters.dead.increment()
        tell(.dead(handler: handler, event.place, error))
        return true
    }

    /// Acknowledges what is done of a lease, and keeps the rest or gives it back.
    private func acknowledge(_ lease: Lease, keepsRest: Bool = true) async {
        let time = keepsRest ? options.lease : .zero
        let isOurs = await insist(until: .gone) { isFirst in
            let isOurs = try await self.store.acknowledge(lease, of: self.name, keepingRestFor: time)
            // The reply of the first time may have been lost, and with it a lease that was done.
            return isOurs || !isFirst && !keepsRest
        }
        // Ended meanwhile, it is nobody's.
        if isOurs == false, !keepsRest || !lease.isEnding, lease.lose() { tell(.lost(partition: lease.partition)) }
    }

    /// Says again and again that this process lives, for as long as it works.
    func renew() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.lease / 3)
            for lease in held.withLock({ Array($0.values) }) where !lease.isLost { await acknowledge(lease) }
            for retry in heldRetries.withLock({ Array($0) }) {
                _ = await insist(until: .leaving) { _ in
                    try await self.store.run(
                        Scripts.holdRetry, keys: [self.store.keys.retries(self.name)], retry,
                        self.options.lease.milliseconds)
                }
            }
        }
    }
}

/// An event that was in hand whenever its consumer died is likely why.
private struct MurderousEvent: Error, CustomStringConvertible {
    let deaths: Int

    var description: String { "\(deaths) processes have died with this event in hand" }
}
