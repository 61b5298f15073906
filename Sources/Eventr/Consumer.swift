import BgdemoNetSupport
public import Logging
public import NIOCore
public import RedisClient
public import ServiceLifecycle

/// Reads the log under a name, and runs its handlers for each event.
///
/// ```swift
/// let consumer = Consumer(name: "mailer", handlers: [welcome, audit], redis: url, on: group, logger: logger)
/// try await consumer.run()
/// ```
///
/// The phases of a consumer:
///
/// 1. Register: a new name starts with the oldest event.
/// 2. Take: a batch of events is leased to this process. Each name gets every event. Processes with the same name share
///    them; if one dies, another takes over its events.
/// 3. Handle: each handler gets each event. A handler that fails retries this event with backoff, while the others go on.
/// 4. Acknowledge: an event is done when each handler has handled it, has scheduled a retry, or has given it up. An event
///    is handled twice if its process dies, or loses Redis, before that (``ConsumerOptions/delivery``).
/// 5. Wait for a notification of a producer, or scan all partitions at the poll interval.
///
/// Redis may be away for any time; the consumer continues when it is back.
public final class Consumer: Service {
    /// The name that all processes of the consumer share.
    public let name: String
    private let handlers: [EventHandler]
    private let options: ConsumerOptions
    private let url: RedisURL
    private let loop: any EventLoop
    private let logger: Logger
    private let emit: @Sendable (ConsumerEvent) -> Void

    /// - Parameters:
    ///   - name: Each name gets every event.
    ///   - handlers: Run one after another for each event.
    ///   - redis: The server. The consumer has one connection for requests and one for notifications.
    ///   - options: Default: ``ConsumerOptions/init()``.
    ///   - events: Called when something happens; must not block. Default: writes to the log.
    public init(
        name: String, handlers: [EventHandler], redis: RedisURL, on group: any EventLoopGroup,
        options: ConsumerOptions = ConsumerOptions(), logger: Logger,
        events: (@Sendable (ConsumerEvent) -> Void)? = nil
    ) {
        (self.name, self.handlers, self.options, self.url) = (name, handlers, options, redis)
        self.logger = logger
        loop = group.next()
        emit = events ?? { $0.log(to: logger, consumer: name) }
    }

    /// How long handlers that ignore cancellation are waited for after the grace period.
    private static let cancellationGrace = Duration.seconds(2)
    /// How long requests to Redis may take when the consumer stops and has no event in hand.
    private static let idleGrace = Duration.milliseconds(300)

    /// Consumes until its task is cancelled or the service group shuts down. Then it takes no more events, finishes those in
    /// hand, and gives back what is not done after ``ConsumerOptions/grace``.
    ///
    /// - Throws: Nothing.
    public func run() async throws {
        let (redis, close) = connect()
        let store = EventStore(redis: redis, options: options.log)
        let executor = LoopExecutor(loop)
        let session = ConsumerSession(
            name: name, handlers: handlers, store: store, options: options, executor: executor, emit: emit)
        let hints = RedisSubscription(
            url, channels: [store.keys.written], on: loop, options: options.redis, logger: logger)
        let (done, finish) = AsyncStream.makeStream(of: Never.self)
        let work = Task(executorPreference: executor) {
            await session.work(hints: hints)
            finish.finish()
        }
        let grace = options.grace
        let stop: @Sendable () -> Void = {
            session.enter(.draining)
            Task {
                try? await Task.sleep(for: min(Self.idleGrace, grace))
                // Whatever still waits for Redis, a Redis that is away or takes no writes, is about no event.
                if session.isIdle { await close() }
                try? await Task.sleep(for: grace - min(Self.idleGrace, grace))
                session.enter(.stopped)
                work.cancel()
                // For handlers that ignore cancellation: the process ends while they run, and their leases expire.
                try? await Task.sleep(for: Self.cancellationGrace)
                finish.finish()
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // In a task of its own, because the drain is not cancelled with this one.
                await Task { for await _ in done {} }.value
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
        await hints.close()
        await close()
    }

    /// - Returns: The connection, and what closes it.
    private func connect() -> (any RedisCommands, close: @Sendable () async -> Void) {
        if options.log.isCluster {
            let redis = RedisCluster(url, on: loop, options: options.redis, logger: logger)
            return (redis, { await redis.close() })
        }
        let redis = RedisConnection(url, on: loop, options: options.redis, logger: logger)
        return (redis, { await redis.close() })
    }
}
