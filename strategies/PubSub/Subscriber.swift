public import BgdemoFoundations
import BgdemoTraceContext
public import Logging
public import BgdemoEmail
import Metrics
public import NIOCore
public import RedisClient
import ServiceLifecycle
public import BgdemoCore
import Tracing

/// The worker half: hears mails, keeps them in memory, sends them with throttle and retry.
public struct Subscriber: Sendable {
    /// How it works what it has heard.
    public struct Settings: Sendable {
        /// Mails that are being sent at a time. Default: 50.
        public var concurrency = 50
        /// Mails held in memory; at that many no more are read from Redis.
        public var backlog = 100_000
        public var retry = RetryPolicy()
        public var throttle = Throttle(.zero)
        /// How long a graceful stop may take to send what is held.
        public var grace = Duration.seconds(30)

        public init() {}
    }

    private let settings: Settings
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let messages: RedisSubscription
    private let loop: any EventLoop
    private let logger: Logger
    private let metrics = SubscriberMetrics()
    private let tracing = MessageTracer(nil, system: "redis")
    private let lost = Latest<RedisError?>(nil)
    /// Open once it has subscribed, or failed to.
    let tried = Latch()

    /// Subscribes at once; ``PubSub/work()`` works what is heard.
    public init(
        _ url: RedisURL, options: RedisOptions, on loop: any EventLoop, sender: any EmailSender,
        tracker: DeliveryTracker,
        settings: Settings, logger: Logger
    ) {
        self.settings = settings
        self.sender = sender
        var options = options
        // After a fail-over, what is published goes elsewhere.
        options.roleCheckInterval = options.roleCheckInterval ?? .seconds(2)
        self.tracker = tracker
        self.loop = loop
        self.logger = logger
        messages = RedisSubscription(url, channels: [PubSub.channel], on: loop, options: options, logger: logger)
    }

    /// Why it does not listen now; nil where it does.
    var loss: RedisError? { lost.value }

    /// Works until the task is cancelled, or shut down gracefully: then it sends what it has received, for as long as it
    /// may.
    func work() async throws {
        let backlog = Backlog(limit: settings.backlog, on: loop, length: metrics.queue)
        defer { lose(backlog.takeAll()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hearAndSend(backlog) }
            group.addTask { try await outlastGrace() }
            try await group.next()
            group.cancelAll()
        }
    }

    private func hearAndSend(_ backlog: Backlog) async throws {
        try await withTaskCancellationHandler {
            async let sending: Void = send(backlog)
            do {
                try await listen(backlog)
                backlog.close()
            } catch {
                backlog.abandon()
                throw error
            }
            await sending
        } onCancel: {
            backlog.abandon()
        }
    }

    /// Returns when a graceful stop has taken as long as it may.
    private func outlastGrace() async throws {
        try await gracefulShutdown()
        messages.end()
        try await Task.sleep(for: settings.grace)
    }

    private func lose(_ mails: [Backlog.Entry]) {
        guard !mails.isEmpty else { return }
        logger.error(
            "Emails were heard but not sent before the stop, and are lost", metadata: ["mails": "\(mails.count)"])
        for mail in mails {
            mail.attempt.finish(.temporary(SMTPFailure(.queue, "the worker was stopped before it was sent")))
        }
    }

    // MARK: Hearing

    private func listen(_ backlog: Backlog) async throws {
        for await event in messages {
            switch event {
            case .subscribed:
                lost.value = nil
                tried.open()
                logger.info("Listening on \(PubSub.channel)")
            case .lost(let error):
                lost.value = error
                tried.open()
                metrics.breaks.increment()
                logger.warning("Not listening on \(PubSub.channel), what is published now is not heard")
            case .message(_, let payload):
                try await hear(payload, backlog)
            }
        }
    }

    private func hear(_ payload: [UInt8], _ backlog: Backlog) async throws {
        let attempt: DeliveryAttempt
        do {
            attempt = try tracker.begin(try PubSubMessage.email(payload))
        } catch {
            metrics.refused.increment()
            let start = String(decoding: payload.prefix(200), as: UTF8.self)
            return logger.error("Refused a message on \(PubSub.channel): \(error)", metadata: ["message": "\(start)"])
        }
        metrics.heard.increment()
        await backlog.push(
            Backlog.Entry(attempt, trace: tracing == nil ? TraceFields() : TraceFields(of: payload)))
    }

    // MARK: Sending

    private func send(_ backlog: Backlog) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<settings.concurrency {
                group.addTask {
                    while let mail = await backlog.next() { await send(mail, backlog) }
                }
            }
        }
    }

    private func send(_ mail: Backlog.Entry, _ backlog: Backlog) async {
        do {
            // Without a gap there is no turn to wait for.
            if settings.throttle.gap > .zero { try await settings.throttle.acquire() }
        } catch {
            return backlog.giveBack(mail)
        }
        mail.attempt.logTry(mail.attempts.failures + mail.attempts.outages + 1)
        // A send is not torn by a stop, but one that hangs holds up no stop: its outcome finds its way.
        let isSettled = Latch()
        guard let tracing else {
            sender.send(mail.attempt.email) {
                settle(mail, $0, backlog)
                isSettled.open()
            }
            return await isSettled.wait()
        }
        var mail = mail
        let span = tracing.startProcess(from: PubSub.channel, mail.trace, after: mail.lastSpan)
        mail.lastSpan = TraceFields(span.context, tracing.tracer)
        ServiceContext.withValue(span.context) { [mail] in
            sender.send(mail.attempt.email) {
                span.record($0)
                span.end()
                settle(mail, $0, backlog)
                isSettled.open()
            }
        }
        await isSettled.wait()
    }

    private func settle(_ mail: Backlog.Entry, _ outcome: SendOutcome, _ backlog: Backlog) {
        if let failure = outcome.failure {
            var (mail, generator) = (mail, SystemRandomNumberGenerator())
            let delay = mail.attempts.delay(after: outcome, settings.retry, using: &generator)
            let attempts = mail.attempts.failures + mail.attempts.outages
            let metadata: Logger.Metadata = ["id": "\(mail.attempt.email.id)", "attempts": "\(attempts)"]
            let to = mail.attempt.email.to
            if let delay, backlog.rest(mail, for: delay) {
                mail.attempt.record(outcome, attempts: attempts, isRetried: true)
                // The SMTP client logs an outage, once for all mails.
                return logger.log(
                    level: outcome.isOutage ? .debug : .notice,
                    "Failed sending an email to \(to), trying again in \(delay): \(failure)", metadata: metadata)
            }
            metrics.deadLetters.increment()
            logger.error("Gave up on an email to \(to)", metadata: metadata)
        }
        let counter = mail.attempts
        mail.attempt.finish(outcome, attempts: counter.failures + counter.outages + 1)
        backlog.done(mail)
    }
}
