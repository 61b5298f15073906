import BgdemoFoundations
import Logging
import Synchronization

/// The subscriptions of all applications, as current as the request for them, with few reads.
///
/// An application that subscribed before an event was published gets it, so nothing older may be used. But all requests
/// during one read share the result of the next read: under load one read serves many events.
final class SubscriptionCache: Sendable {
    typealias Entry = (application: String, subscription: Subscription)

    private struct State {
        var running: Task<[Entry], any Error>?
        var next: Task<[Entry], any Error>?
        /// The last read, and what it contained.
        var raw: [(application: ByteString, fields: [[UInt8]])] = []
        var entries: [Entry] = []
    }

    private let subscriptions: Subscriptions
    private let logger: Logger
    private let state = Mutex(State())

    init(_ subscriptions: Subscriptions, logger: Logger) {
        (self.subscriptions, self.logger) = (subscriptions, logger)
    }

    /// The result of a read that begins from now on.
    func current() async throws -> [Entry] {
        let read = state.withLock { state in
            if let next = state.next { return next }
            // Not cancelled with the caller: others wait for it too.
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
                    entry.fields.compactMap(Subscription.init(json:)).map { (entry.application.text, $0) }
                }
                for entry in state.entries { warn(about: entry) }
            }
            return state.entries
        }
    }

    private func warn(about entry: Entry) {
        for filter in entry.subscription.matcher.invalidFilters {
            logger.warning(
                "a filter of a subscription is not a usable regular expression; it matches only equal texts",
                metadata: [
                    "application": "\(printable(entry.application, limit: 100))",
                    "subscription": "\(printable(entry.subscription.key, limit: 100))",
                    "filter": "\(printable(filter.name, limit: 100))", "reason": "\(filter)",
                ])
        }
    }
}
