public import RedisClient
public import Tracing

/// How a consumer works.
public struct ConsumerOptions: Sendable {
    /// What happens to an event when the process that handles it dies.
    public enum Delivery: String, Sendable, CaseIterable {
        /// It may be handled twice, and is never lost.
        case atLeastOnce = "at-least-once"
        /// It may be lost, and is never handled twice. There are no retries.
        case atMostOnce = "at-most-once"
    }

    /// Where the log is. Default: `eventr:…` on one server.
    public var log = EventLogOptions()
    /// The options of the two connections. Default: those of `RedisOptions`.
    public var redis = RedisOptions()
    /// What happens to an event when the process that handles it dies. Default: `atLeastOnce`.
    public var delivery = Delivery.atLeastOnce
    /// The most events taken in one request; after a crash as many may be handled twice. While handlers are slow, fewer are
    /// taken, because the events of a batch wait for each other. Default: 500.
    public var batch = 500
    /// How many batches this process handles at a time. With 1, events are handled in the order of the log. Default: 1.
    public var concurrency = 1
    /// How long a process may be silent before another takes over its events. Default: 10 s.
    public var lease = Duration.seconds(10)
    /// How often the partitions are scanned for events that no notification announced. Default: 1 s.
    public var poll = Duration.seconds(1)
    /// How often a handler may try one event, including the first attempt. Default: 8.
    public var attempts = 8
    /// The wait before the second attempt. It doubles with each attempt, with jitter. Default: 1 s.
    public var retryDelay = Duration.seconds(1)
    /// The longest wait before an attempt. Default: 300 s.
    public var longestRetryDelay = Duration.seconds(300)
    /// The most failed events that may wait for a retry. While there are more, no new events are taken. Default: 10,000.
    public var retries = 10_000
    /// How long partitions are kept. A partition that some consumer has not read is kept longer. Default: nil, forever.
    public var retention: Duration?
    /// Has a consumer span for each attempt of a handler, whose parent is the span that wrote the event (``Producer``). Default:
    /// that of `InstrumentationSystem`, where one was bootstrapped before.
    public var tracer: (any Tracer)?
    /// How long handlers may take to finish when the consumer stops. Default: 30 s.
    public var grace = Duration.seconds(30)

    /// The defaults.
    public init() {}
}
