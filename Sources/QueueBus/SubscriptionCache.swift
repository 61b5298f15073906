import Logging
import Synchronization

/// Everybody's subscriptions, as they are when they are asked for, at the price of few reads.
///
/// Who subscribed before an event was published is to have it, so nothing may be remembered from earlier. But all who ask
/// while a read is under way can have the answer of the next one: under load one read serves many events.
final class SubscriptionCache: Sendable {
    typealias Entry = (application: String, subscription: Subscription)

    private struct State {
        var running: Task<[Entry], any Error>?
        var next: Task<[Entry], any Error>?
        /// What was read last, and what it meant.
        var raw: [(application: String, fields: [[UInt8]])] = []
        var entries: [Entry] = []
    }

    private let subscriptions: Subscriptions
    private let logger: Logger
    private let state = Mutex(State())

    init(_ subscriptions: Subscriptions, logger: Logger) {
        (self.subscriptions, self.logger) = (subscriptions, logger)
    }

    /// What a read that begins from now on finds.
    func current() async throws -> [Entry] {
        let read = state.withLock { state in
            if let next = state.next { return next }
            // Not the caller's own: others wait for it, too.
            let read = Task { [self, running = state.running] in
                _ = await running?.result
                self.state.withLock { ($0.running, $0.next) = ($0.next, nil) }
                return try await self.read()
            }
            state.next = read
            return read
        }
        return try await read.value
    }

    private func read() async throws -> [Entry] {
        let raw = try await subscriptions.raw()
        return state.withLock { state in
            let isSame = raw.elementsEqual(state.raw) { $0.application == $1.application && $0.fields == $1.fields }
            if !isSame {
                state.raw = raw
                state.entries = raw.flatMap { entry in
                    entry.fields.compactMap(Subscription.init(json:)).map { (entry.application, $0) }
                }
                for entry in state.entries { warn(of: entry) }
            }
            return state.entries
        }
    }

    private func warn(of entry: Entry) {
        for filter in entry.subscription.matcher.invalidFilters {
            logger.warning(
                "A filter of a subscription is not a usable regular expression; it matches only equal texts",
                metadata: [
                    "application": "\(entry.application)", "subscription": "\(entry.subscription.key)",
                    "filter": "\(filter.name)", "reason": "\(filter)",
                ])
        }
    }
}
