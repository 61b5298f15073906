#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoFoundations
import RedisClient

/// A handler that failed with an event, and will try again: `<partition>:<index>:<failures>:<handler>`.
struct EventRetry: Sendable, Hashable {
    let place: Event.Place
    let failures: Int
    let handler: String

    init(_ place: Event.Place, failures: Int, handler: String) {
        (self.place, self.failures, self.handler) = (place, failures, handler)
    }

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let partition = Int(parts[0]), let index = Int(parts[1]), let failures = Int(parts[2])
        else { return nil }
        self.init(
            Event.Place(partition: partition, index: index), failures: failures, handler: String(parts[3]))
    }

    var text: String { "\(place.partition):\(place.index):\(failures):\(handler)" }
}

extension ConsumerOptions {
    /// The wait after so many failures, or nil where there is to be no other try.
    func delay(afterFailures failures: Int) -> Duration? {
        guard delivery == .atLeastOnce else { return nil }
        return RetryPolicy(attempts: attempts, base: retryDelay, cap: longestRetryDelay).delay(afterFailures: failures)
    }
}

/// What a handler has failed with for good, as it lies in the dead list.
struct DeadEvent: Encodable {
    let consumer: String
    let handler: String
    let partition: Int
    let index: Int
    let failures: Int
    let error: String
    let failedAt: String
    /// The event as text: it need not be JSON, and may be trimmed from the log.
    let event: String

    init(_ event: Event, consumer: String, handler: String, failures: Int, error: any Error) {
        (self.consumer, self.handler, self.failures) = (consumer, handler, failures)
        (partition, index) = (event.place.partition, event.place.index)
        self.error = "\(error)"
        failedAt = Date.now.formatted(.iso8601)
        self.event = event.description
    }

    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return Array(try encoder.encode(self))
    }
}

extension EventStore {
    /// The retry that is due, or nil; how many there are; and how long until the next, where there is one.
    func takeRetry(
        for consumer: String, lease: Duration
    ) async throws -> (retry: String?, count: Int, wait: Duration?) {
        let reply = try await run(EventScripts.takeRetry, keys: [keys.retries(consumer)], max(1, lease.milliseconds))
        let wait = reply[1]?.int ?? -1
        return (reply[2]?.text, reply[0]?.int ?? 0, wait < 0 ? nil : .milliseconds(wait))
    }

    /// Settles what was tried; see ``EventScripts/replaceRetry``.
    ///
    /// - Returns: False where another had settled it.
    @discardableResult
    func replaceRetry(
        _ consumer: String, was: String = "", next: EventRetry? = nil, after delay: Duration = .zero, dead: [UInt8] = []
    ) async throws -> Bool {
        try await run(
            EventScripts.replaceRetry, keys: [keys.retries(consumer), keys.dead(consumer)], was, next?.text ?? "",
            delay.milliseconds, dead
        ).int == 1
    }

    /// The event at a place; nil where it was trimmed.
    func event(at place: Event.Place) async throws -> Event? {
        let reply = try await send("LINDEX", keys.partition(place.partition), place.index)
        return reply.bytes.map { Event($0, partition: place.partition, index: place.index) }
    }
}
