public import RedisClient

/// How a consumer works.
public struct ConsumerOptions: Sendable {
    /// What is promised of an event when a process dies.
    public enum Delivery: String, Sendable, CaseIterable {
        /// It may be handled twice, and is never lost.
        case atLeastOnce = "at-least-once"
        /// It may be lost, and is never handled twice: no retry, either.
        case atMostOnce = "at-most-once"
    }

    /// Where the log is: the same for all who read and write it.
    public var log = EventLogOptions()
    /// How its two connections behave.
    public var redis = RedisOptions()
    /// How events are taken: safely, or as in the talk.
    public var algorithm = Algorithm.safe
    /// What a crash may do to an event.
    public var delivery = Delivery.atLeastOnce
    /// The most events taken at once: what a crash may have handled twice.
    ///
    /// At most so many; fewer while handlers take their time, since those of a batch wait for each other (see `BatchSizer`).
    public var batch = 500
    /// How many batches this process handles at a time. With one, events are handled in the order of the log.
    public var concurrency = 1
    /// How long a process may be silent before another takes over what it had.
    public var lease = Duration.seconds(10)
    /// How often it looks for what no hint told of. In the talk's algorithm, its pause: there 5 s are right.
    public var poll = Duration.seconds(1)
    /// How often a handler may try one event, the first time among them.
    public var attempts = 8
    /// The wait before the second try; it doubles with each, with jitter.
    public var retryDelay = Duration.seconds(1)
    /// The longest such wait.
    public var longestRetryDelay = Duration.seconds(300)
    /// How many failed events wait for another try; past it no new ones are taken until some are done.
    public var retries = 10_000
    /// How long partitions are kept; nil: for good. One that a consumer has not read is kept all the same.
    public var retention: Duration?
    /// How long handlers may take to finish when the consumer is to leave.
    public var grace = Duration.seconds(30)

    /// One batch of up to 500 at a time, each event eight tries, partitions kept for good.
    public init() {}
}
