import BgdemoFoundations
import Metrics
import RedisClient
import Synchronization
import Tracing

extension ConsumerSession {
    /// The retry that is due. Redis is asked no more often than one may be due.
    func dueRetry() async -> ByteString? {
        guard options.delivery == .atLeastOnce else { return nil }
        let due = retries.withLock(\.due)
        guard due <= .now else { return nil }
        let lease = options.lease
        let taken = await retryUntil(.draining, endsWhenRefused: true) { _ throws(RedisError) in
            try await self.store.takeRetry(for: self.name, lease: lease)
        }
        guard let (retry, count, wait) = taken else {
            // The retries cannot be read: events are handled meanwhile.
            retries.withLock { $0 = (.now + options.poll, 0) }
            return nil
        }
        retries.withLock { state in
            // If one is due there may be another. Retries of other processes are seen after the poll interval.
            let next = ContinuousClock.now + (retry == nil ? min(wait ?? options.poll, options.poll) : .zero)
            state = (state.due > due && state.due != due ? min(state.due, next) : next, count)
        }
        metrics.retries.record(count)
        if let retry { heldRetries.withLock { _ = $0.insert(retry) } }
        return retry
    }

    /// Has a handler try an event again.
    func handle(retry text: ByteString) async {
        defer { heldRetries.withLock { _ = $0.remove(text) } }
        guard let retry = EventRetry(text.text) else {
            let error = EventrError(.invalidRetry, "this is no retry: \(printable(text, limit: 200))")
            emit(.error(handler: nil, nil, error))
            await remove(text)
            return
        }
        let found = await retryUntil(.draining) { _ throws(RedisError) in try await self.store.event(at: retry.place) }
        guard let found else { return }
        guard var event = found else {
            emit(.gap(partition: retry.place.partition, events: 1))
            await remove(text)
            return
        }
        guard let handler = handlers.first(where: { $0.name.hasSameBytes(as: retry.handler) }) else {
            let name = printable(retry.handler, limit: 200)
            let error = EventrError(.unknownHandler, "the consumer has no handler named \(name)")
            _ = await giveUp(retry.handler, event, failures: retry.failures + 1, was: text, error)
            return
        }
        event.failures = retry.failures
        let span = startSpan(handler, event, retry: text)
        defer { span?.end() }
        do {
            let result = try await perform(handler, event, in: span)
            succeed(handler, event, result)
            await remove(text)
        } catch  where Task.isCancelled {
            // It stays, and is due again when the lease expires.
        } catch {
            _ = await fail(handler, event, after: retry, was: text, in: span, error)
        }
    }

    private func remove(_ text: ByteString) async {
        _ = await retryUntil(.stopped, endsWhenRefused: true) { _ throws(RedisError) in
            try await self.store.replaceRetry(of: self.name, text)
        }
    }
}
