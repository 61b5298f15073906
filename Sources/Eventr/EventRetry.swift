import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A handler that failed with an event and will try it again: `<partition>:<index>:<failures>:<handler>`, or
/// `<partition>:<index>:<failures>+<outages>:<handler>`.
struct EventRetry: Sendable {
    /// More failures than any option allows.
    private static let mostFailures = 1 << 20

    let place: Event.Place
    let failures: Int
    /// How often it was put off without fault of the event, since the last failure.
    let outages: Int
    let handler: String

    init(_ place: Event.Place, failures: Int, outages: Int = 0, handler: String) {
        (self.place, self.failures, self.outages, self.handler) = (place, failures, outages, handler)
    }

    /// nil if the text is no retry, or a number in it is out of bounds.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let counts = parts[2].split(separator: UInt8(ascii: "+"), maxSplits: 1, omittingEmptySubsequences: false)
        let numbers = (parts[..<2] + counts).map { Int(String(decoding: $0, as: UTF8.self)) }
        guard let partition = PartitionNumber.checked(numbers[0]), let index = numbers[1], index >= 0,
            let failures = numbers[2], (0...Self.mostFailures).contains(failures),
            let outages = numbers.count == 3 ? 0 : numbers[3], numbers.count == 3 || outages > 0
        else { return nil }
        self.init(
            Event.Place(partition: partition, index: index), failures: failures,
            outages: min(outages, Self.mostFailures), handler: String(decoding: parts[3], as: UTF8.self))
    }

    var text: String {
        "\(place.partition):\(place.index):\(failures)\(outages > 0 ? "+\(outages)" : ""):\(handler)"
    }
}

extension ConsumerOptions {
    /// When an event is tried again that a handler failed with; nil if it never is.
    var retry: RetryPolicy? {
        guard delivery == .atLeastOnce else { return nil }
        return RetryPolicy(attempts: attempts, base: retryDelay, cap: longestRetryDelay)
    }
}

/// An entry of the dead list: an event that a handler has given up.
struct DeadEntry {
    let event: Event
    let consumer: String
    let handler: String
    let failures: Int
    let error: String

    init(_ event: Event, consumer: String, handler: String, failures: Int, error: any Error) {
        (self.event, self.consumer, self.handler, self.failures) = (event, consumer, handler, failures)
        self.error = "\(error)"
    }

    /// The event is text: it need not be JSON, and may be trimmed from the log.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 300 + event.bytes.count)
        json.object {
            $0.member("consumer", consumer)
            $0.member("error", error)
            $0.member("event", String(decoding: event.bytes, as: UTF8.self))
            $0.member("failedAt", Date.now.formatted(.iso8601))
            $0.member("failures", failures)
            $0.member("handler", handler)
            $0.member("index", event.place.index)
            $0.member("partition", event.place.partition)
        }
        return json.bytes
    }
}

extension EventStore {
    /// Larger than any option allows; the count comes from Redis.
    private static let mostRetries = 1 << 32

    /// The retry that is due, or nil; how many there are; and how long until the next one, if there is one.
    func takeRetry(
        for consumer: String, lease: Duration
    ) async throws(RedisError) -> (retry: ByteString?, count: Int, wait: Duration?) {
        let reply = try await run(EventScripts.takeRetry, keys: [keys.retries(consumer)], max(1, lease.milliseconds))
        let wait = reply[1]?.int ?? -1
        let count = max(0, min(reply[0]?.int ?? 0, Self.mostRetries))
        return (
            reply[2]?.bytes.map { ByteString($0) }, count, wait < 0 ? nil : .milliseconds(min(wait, Self.mostRetries))
        )
    }

    /// Replaces a retry by the next one, by an entry in the dead list, or by nothing; see ``EventScripts/replaceRetry``.
    ///
    /// - Parameters:
    ///   - old: The retry that this was; nil at the first failure.
    ///   - next: The retry to come.
    ///   - delay: Until it is due.
    ///   - dead: The entry for the dead list.
    /// - Returns: False if another process has replaced it.
    @discardableResult
    func replaceRetry(
        of consumer: String, _ old: ByteString? = nil, by next: EventRetry? = nil, after delay: Duration = .zero,
        dead: [UInt8] = []
    ) async throws(RedisError) -> Bool {
        try await run(
            EventScripts.replaceRetry, keys: [keys.retries(consumer), keys.dead(consumer)], old?.bytes ?? [],
            next?.text ?? "", delay.milliseconds, dead
        ).int == 1
    }

    /// The event at a place; nil if it was trimmed.
    func event(at place: Event.Place) async throws(RedisError) -> Event? {
        let reply = try await send("LINDEX", keys.partition(place.partition), place.index)
        return reply.bytes.map { Event($0, at: place) }
    }
}
