import BgdemoCore
import BgdemoEmail
import BgdemoPipes
import BgdemoTraceContext
import ServiceLifecycle
import Tracing

/// Slide 3, "local messages": a master, a web server and an e-mail worker, three processes that talk over pipes.
///
///     client ── GET /to/subject/text ──▶ web server ── {"mail":…} ──▶ master ── {"mail":…} ──▶ email worker ──▶ mail server
///     client ◀── 200, in the pipe ────── web server                   master ◀── {"sent":…} ── email worker
///                                                                       └ queue, throttle, retry; restarts a child that dies
///
/// This is the strategy in the two children; ``Master`` is the third process. `PipeMessage` lists the messages.
struct Local: Strategy {
    private let master: MasterConnection
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    let idempotency: (any IdempotencyStore)?
    private let tracing = MessageTracer(nil, system: "bgdemo")
    private let failedSpans = FailedSpans<EmailID>()
    /// The pipe, as a destination of messages.
    private static let pipe = "mails"

    var statuses: (any MailStatusStore)? { master }

    /// - Parameter idempotency: Where the keys of requests are kept, where there is a spool.
    init(
        master: MasterConnection, sender: any EmailSender, tracker: DeliveryTracker,
        idempotency: (any IdempotencyStore)?
    ) {
        self.master = master
        self.sender = sender
        self.tracker = tracker
        self.idempotency = idempotency
    }

    // MARK: The web server

    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        if let tracing {
            try await tracing.send(to: Self.pipe) { (trace) async throws(AcceptError) in
                try await master.handOver(email, trace)
            }
        } else {
            try await master.handOver(email)
        }
        return AcceptResult("queued")
    }

    func check() async throws(AcceptError) { try master.check() }

    // MARK: The email worker

    /// Sends the mails that the master gives, all at once: it gives no more than may be in hand.
    func work() async throws {
        for await mails in master.mails.cancelOnGracefulShutdown() {
            for mail in mails { send(mail) }
        }
        await tracker.waitUntilIdle()
    }

    private func send(_ mail: MailLine) {
        do {
            send(mail, try tracker.begin(mail.email()))
        } catch let error as AcceptError {
            // This worker is full: no fault of the mail, which the master gives again.
            master.report(mail.id, .temporary(SMTPFailure(.queue, error.reason)))
        } catch {
            master.report(mail.id, .permanent(SMTPFailure(.queue, "\(error)")))
        }
    }

    private func send(_ mail: MailLine, _ attempt: DeliveryAttempt) {
        let span = tracing?.startProcess(from: Self.pipe, mail.trace, after: failedSpans.take(mail.id))
        ServiceContext.withValue(span?.context) {
            sender.send(attempt.email) { [master, failedSpans, tracing] outcome in
                if let span, let tracing {
                    // The master gives it again, to this worker or to another.
                    if outcome.failure != nil { failedSpans.remember(span, of: tracing.tracer, for: mail.id) }
                    span.record(outcome)
                    span.end()
                }
                attempt.finish(outcome, isRetried: outcome.isOutage)
                master.report(mail.id, outcome)
            }
        }
    }
}
