public import BgdemoFoundations
public import Logging
public import BgdemoEmail
import BgdemoRedisWorkerSupport
public import NIOCore
import QueueBus
public import RedisClient
public import Resque
import ServiceLifecycle
public import BgdemoCore

/// "Can we meet in the middle of immutable event bus and resque?" The web server publishes an event; each subscriber gets a
/// copy in a queue of its own.
///
///     web server ── email_requested ──▶ bus_incoming ── driver ──┬──▶ mailer_default ───▶ rider ──▶ mail server
///                                                                └──▶ archive_default ──▶ rider ──▶ a file
///
///     {"class":"QueueBus::Worker","args":["{\"bus_event_type\":\"email_requested\",…,\"to\":…,\"subject\":…,\"text\":…}"]}
///
/// Publishers, drivers and riders may be programs in Ruby. An event cannot be read again: a copy is deleted when it is done.
public struct QueueBusStrategy: Strategy {
    public let idempotency: (any IdempotencyStore)?
    public let statuses: (any MailStatusStore)?
    private let queue: Queue
    private let right: ScriptRight
    private let publisher: Publisher
    private let bus: Bus
    /// One worker for the driver and one for each subscriber, so that a slow subscriber does not delay the others.
    private let workers: [Worker]
    private let scheduler: Scheduler
    private let control = WorkerControl()
    private let logger: Logger

    /// - Parameter archive: The file to which the second subscriber appends each event as a line; nil for none.
    /// - Throws: `QueueBusError` where the bus refuses the name of an application.
    public init(
        redis: any RedisCommands, url: RedisURL, on group: any EventLoopGroup, delivery: Delivery, retry: RetryPolicy,
        archive: LineFile?, options: WorkerOptions, logger: Logger
    ) throws {
        var bus = Bus(redis: redis, namespace: options.namespace, logger: logger)
        bus.ride(try Application("mailer"), "send", on: EmailRequested.matcher) { event in
            let email = try EmailRequested.email(event)
            try await event.checkLease()
            try await delivery.attempt(email, number: event.failures + 1, while: { event.isLeaseHeld })
        }
        if let archive {
            bus.ride(try Application("archive"), "keep", on: EmailRequested.matcher) { event in
                try archive.append(String(decoding: event.json, as: UTF8.self))
            }
        }
        let retry = Retry(
            attempts: retry.attempts, base: retry.base, cap: retry.cap,
            when: { SendError.isWorthRetrying($0) || $0 is LineFileError || $0 is RedisError },
            isOutage: SendError.isOutage)
        idempotency = RedisIdempotencyStore(redis, prefix: "\(options.namespace):swift:idempotency:")
        statuses = RedisMailStatuses(redis, prefix: "\(options.namespace):swift:mails:")
        self.bus = bus
        self.logger = logger
        queue = Queue(redis: redis, namespace: options.namespace)
        right = ScriptRight(
            queue, Publisher.incoming, RightsCheck(.queueBus, on: redis, prefix: "\(options.namespace):"))
        publisher = Publisher(queue)
        let jobs = bus.jobs(plugins: [retry])
        var options = options
        options.control = control
        // A worker that waits for the mail server is cheap here: a hundred of them would hide those of other programs.
        options.registersEachProcessor = false
        workers = ([Publisher.incoming] + bus.queues).map { queue in
            Worker(queues: [queue], jobs: jobs, redis: url, on: group, options: options, logger: logger) {
                worker, event in
                if queue != Publisher.incoming, event.isLoggedByRider { return }
                event.log(to: logger, worker: worker)
            }
        }
        scheduler = Scheduler(
            redis: RedisConnection(
                url.node(of: options.namespace + ":"), on: group.next(), options: options.redis, logger: logger),
            namespace: options.namespace, logger: logger)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        try await right.require()
        do {
            try await publisher.publish(EmailRequested.type, EmailRequested.event(email))
        } catch {
            throw AcceptError(error)
        }
        return AcceptResult("published")
    }

    public func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult {
        try await right.require()
        do {
            try await publisher.publish(EmailRequested.type, EmailRequested.event(email), in: delay)
        } catch {
            throw AcceptError(error)
        }
        return AcceptResult("delayed")
    }

    public func check() async throws(AcceptError) { try await right.check() }

    public func schedulerStatus() async throws(AcceptError) -> SchedulerStatus? { try await queue.schedulerStatus() }

    /// Writes the subscriptions, as soon as Redis takes them.
    private func subscribe() async throws {
        var isReported = false
        while true {
            do {
                return try await bus.subscribe()
            } catch {
                try Task.checkCancellation()
                if !isReported {
                    logger.error("The subscriptions can't be written", metadata: ["reason": "\(error)"])
                }
                isReported = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    public var workerSignals: WorkerSignals? { WorkerSignals(control) }

    public func work() async throws {
        do {
            try await cancelWhenGracefulShutdown { try await subscribe() }
        } catch is CancellationError where Task.isShuttingDownGracefully {
            // It has taken nothing in hand.
            return
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            for worker in workers { group.addTask { try await worker.run() } }
            try await group.waitForAll()
        }
    }
}

extension WorkerEvent {
    /// A rider logs itself what became of its mail.
    fileprivate var isLoggedByRider: Bool {
        switch self {
        case .success: true
        case .failure(_, let error, _): error is SendError
        case .reEnqueue(_, let reason, _): SendError.describes(reason)
        default: false
        }
    }
}
