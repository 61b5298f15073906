public import Logging
public import NIOCore
public import RedisClient
public import ServiceLifecycle

/// Reads the log under a name, and has each event handled by each of its handlers.
///
/// ```swift
/// let consumer = Consumer(name: "mailer", handlers: [welcome, audit], redis: url, on: group, logger: logger)
/// try await consumer.run()
/// ```
///
/// Each name gets every event. Processes of one name share them: each event is handled by one of them, and by another
/// where that one dies. A new name begins with the oldest event there is.
///
/// An event is acknowledged when every handler is done with it: it is handled once, or more often where a process died
/// or lost Redis meanwhile (``ConsumerOptions/delivery``). Redis may be away for any time; the consumer goes on when it
/// is back.
public final class Consumer: Service {
    /// Under this name it is known in the log, together with all processes that have the same.
    public let name: String
    private let handlers: [EventHandler]
    private let options: ConsumerOptions
    private let url: RedisURL
    private let loop: any EventLoop
    private let logger: Logger
    private let emit: @Sendable (ConsumerEvent) -> Void

    /// - Parameters:
    ///   - redis: It gets one connection for the commands, and one for the hints.
    ///   - events: Told what happens; must not block. The default writes log lines.
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

    /// Consumes until its task is cancelled or the service group shuts down; then takes no more events, finishes those
    /// in hand, and gives back what is not done after ``ConsumerOptions/grace``.
    public func run() async throws {
        let redis: any RedisCommands =
            options.log.isCluster
            ? RedisCluster(url, on: loop, options: options.redis, logger: logger)
            : RedisConnection(url, on: loop, options: options.redis, logger: logger)
        let store = EventStore(redis: redis, options: options.log)
        switch options.algorithm {
        case .talk: await TalkConsumer(name, handlers, store, pause: options.poll, emit).work()
        case .safe: await work(store)
        }
    }

    private func work(_ store: EventStore) async {
        let session = ConsumerSession(name: name, handlers: handlers, store: store, options: options, emit: emit)
        let hints = RedisSubscription(
            url, channels: [store.keys.written], on: loop, options: options.redis, logger: logger)
        let (over, end) = AsyncStream.makeStream(of: Never.self)
        let work = Task {
            await session.work(hints: hints)
            end.finish()
        }
        let grace = options.grace
        let leave: @Sendable () -> Void = {
            session.enter(.draining)
            Task {
                try? await Task.sleep(for: grace)
                session.enter(.stopped)
                work.cancel()
                // Handlers that do not listen: the process will end under them, and their leases run out.
                try? await Task.sleep(for: .seconds(2))
                end.finish()
            }
        }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // Waited for in a task of its own, because leaving is not cancelled with us.
                await Task { for await _ in over {} }.value
            } onGracefulShutdown: {
                leave()
            }
        } onCancel: {
            leave()
        }
    }
}
