import Metrics
import RedisClient
import Synchronization

extension ConsumerSession {
    /// The retry that is due; Redis is asked no oftener than one may be.
    func dueRetry() async -> String? {
        guard options.delivery == .atLeastOnce else { return nil }
        let due = retries.withLock(\.due)
        guard due <= .now else { return nil }
        let lease = options.lease
        guard
            let (retry, count, wait) = await retryUntil(
                .draining, { _ in try await self.store.takeRetry(for: self.name, lease: lease) })
        else { return nil }
        retries.withLock { state in
            // Where one is due there may be another. Another process' retries are heard of no sooner than this.
            let next = ContinuousClock.now + (retry == nil ? min(wait ?? options.poll, options.poll) : .zero)
            state = (state.due > due && state.due != due ? min(state.due, next) : next, count)
        }
        metrics.retries.record(count)
        if let retry { heldRetries.withLock { _ = $0.insert(retry) } }
        return retry
    }

    /// Has a handler try an event again.
    func handle(retry text: String) async {
        defer { heldRetries.withLock { _ = $0.remove(text) } }
        guard let retry = EventRetry(text) else {
            emit(.error(handler: nil, nil, UnreadableRetry(text: text)))
            await removeRetry(text)
            return
        }
        guard let found = await retryUntil(.draining, { _ in try await self.store.event(at: retry.place) }) else {
            return
        }
        guard let event = found else {
            emit(.gap(partition: retry.place.partition, events: 1))
            await removeRetry(text)
            return
        }
        let failures = retry.failures + 1
        guard let handler = handlers.first(where: { $0.name == retry.handler }) else {
            _ = await fail(retry.handler, event, failures: failures, was: text, NoSuchHandler(name: retry.handler))
            return
        }
        do {
            let result = try await handler.perform(event)
            succeed(handler, event, result)
            await removeRetry(text)
        } catch  where Task.isCancelled {
            // It stays, and is due again when the lease has run out.
        } catch {
            _ = await fail(handler, event, failures: failures, was: text, error)
        }
    }

    private func removeRetry(_ text: String) async {
        _ = await retryUntil(.stopped) { _ in try await self.store.replaceRetry(self.name, was: text) }
    }
}

private struct NoSuchHandler: Error, CustomStringConvertible {
    let name: String

    var description: String { "the consumer has no handler named \(name) any more" }
}

private struct UnreadableRetry: Error, CustomStringConvertible {
    let text: String

    var description: String { "among the retries is one that is none: \(text)" }
}
