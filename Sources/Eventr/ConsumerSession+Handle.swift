import BgdemoFoundations
import Metrics
import RedisClient
import Synchronization
import Tracing

extension ConsumerSession {
    /// How long a handled event may wait for its acknowledgement; after a crash these events are handled twice.
    private static let acknowledgementDelay = Duration.milliseconds(50)
    /// An event is taken for a poison event when so many processes have died with it.
    private static let poisonDeaths = 10

    /// Handles the events of a lease, one after another. Acknowledges them now and then; the last time is ``end(_:)``.
    func handle(_ lease: EventLease) async {
        let began = ContinuousClock.now
        var acknowledged = began
        var handled = 0
        for event in lease.events {
            guard phase == .running || lease.token == nil, !lease.isLost else { break }
            guard await handle(event, deaths: lease.deaths) else { break }
            lease.didHandle(event)
            handled += 1
            if ContinuousClock.now - acknowledged > Self.acknowledgementDelay, lease.done < lease.limit {
                await acknowledge(lease)
                acknowledged = .now
            }
        }
        batchSizer.record(handled, in: .now - began)
    }

    /// Acknowledges the events that are handled, and gives back the others.
    func end(_ lease: EventLease) async {
        guard let token = lease.token else { return }
        lease.end()
        await acknowledge(lease, keepsRest: false)
        // Until now it stays in the table: an expired lease must not be taken over by its own process.
        held.withLock { $0[token] = nil }
    }

    /// Returns whether each handler has handled the event, will retry it, or has given it up.
    private func handle(_ event: Event, deaths: Int) async -> Bool {
        emit(.event(event))
        metrics.events.increment()
        for handler in handlers {
            if deaths >= Self.poisonDeaths {
                let error = EventrError(.poisonEvent, "\(deaths) processes have died with this event in hand")
                guard await giveUp(handler.name, event, failures: 1, error) else { return false }
                continue
            }
            let span = startSpan(handler, event)
            defer { span?.end() }
            do {
                let result = try await perform(handler, event, in: span)
                succeed(handler, event, result)
            } catch  where Task.isCancelled {
                // The grace period is over: it was not the event's fault.
                return false
            } catch {
                guard await fail(handler, event, in: span, error) else { return false }
            }
        }
        return true
    }

    func succeed(_ handler: EventHandler, _ event: Event, _ result: any Sendable) {
        metrics.succeeded.increment()
        emit(.success(handler: handler.name, event, result: result))
    }

    /// Schedules a retry of the event for this handler, or gives it up. Returns whether that is in Redis.
    ///
    /// - Parameters:
    ///   - last: The retry that this was, and its text in Redis; nil at the first attempt.
    func fail(
        _ handler: EventHandler, _ event: Event, after last: EventRetry? = nil, was: ByteString? = nil,
        in span: (any Span)?, _ error: any Error
    ) async -> Bool {
        metrics.failed.increment()
        let isOutage = handler.isOutage(error)
        let failures = (last?.failures ?? 0) + (isOutage ? 0 : 1)
        let outages = isOutage ? (last?.outages ?? 0) + 1 : 0
        let delay =
            isOutage
            ? options.retry?.delay(afterOutages: outages)
            : handler.mayRetry(after: error) ? options.retry?.delay(afterFailures: failures) : nil
        // An outage that is waited for is the same for every event.
        if !isOutage || delay == nil { emit(.error(handler: handler.name, event, error)) }
        guard let delay else { return await giveUp(handler.name, event, failures: max(1, failures), was: was, error) }
        let next = EventRetry(event.place, failures: failures, outages: outages, handler: handler.name)
        remember(span, for: next)
        let isKept = await retryUntil(.stopped) { _ throws(RedisError) in
            try await self.store.replaceRetry(of: self.name, was, by: next, after: delay)
        }
        guard isKept != nil else { return false }
        retries.withLock { $0 = (min($0.due, .now + delay), $0.count + (was == nil ? 1 : 0)) }
        emit(
            isOutage
                ? .postponed(handler: handler.name, event.place, error, after: delay)
                : .retry(handler: handler.name, event.place, failures: failures, after: delay))
        return true
    }

    /// Moves the event to the dead list for a handler of this name. Returns whether that is in Redis.
    ///
    /// Where Redis refuses the entry, because the key has another type, a retry stays one, and is due again when its lease
    /// expires. An event that is no retry is nowhere else: the consumer waits until the key is mended.
    func giveUp(
        _ handler: String, _ event: Event, failures: Int, was: ByteString? = nil, _ error: any Error
    ) async -> Bool {
        let dead = DeadEntry(event, consumer: name, handler: handler, failures: failures, error: error)
        let isMoved = await retryUntil(.stopped, endsWhenRefused: was != nil) { _ throws(RedisError) in
            try await self.store.replaceRetry(of: self.name, was, dead: dead.json)
        }
        guard isMoved != nil else { return false }
        metrics.dead.increment()
        emit(.dead(handler: handler, event.place, error))
        return true
    }

    /// Acknowledges what is handled of a lease, and keeps the rest or gives it back.
    private func acknowledge(_ lease: EventLease, keepsRest: Bool = true) async {
        let time = keepsRest ? options.lease : .zero
        let isOurs = await retryUntil(.stopped) { isFirst throws(RedisError) in
            let isOurs = try await self.store.acknowledge(lease, of: self.name, keepingRestFor: time)
            // The reply to the first attempt may have been lost, and the lease have ended by it.
            return isOurs || !isFirst && !keepsRest
        }
        // A lease that ended meanwhile belongs to no process.
        if isOurs == false, !keepsRest || !lease.isEnding, lease.lose() { emit(.lost(partition: lease.partition)) }
    }

    /// Renews the leases while this process works.
    func renew() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: options.lease / 3)
            for lease in held.withLock({ Array($0.values) }) where !lease.isLost { await acknowledge(lease) }
            for retry in heldRetries.withLock({ Array($0) }) {
                _ = await retryUntil(.draining, endsWhenRefused: true) { _ throws(RedisError) in
                    try await self.store.run(
                        EventScripts.holdRetry, keys: [self.store.keys.retries(self.name)], retry.bytes,
                        self.options.lease.milliseconds)
                }
            }
        }
    }
}
