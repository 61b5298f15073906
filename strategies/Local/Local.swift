package import Logging
package import BgdemoEmail
import BgdemoPipes
import ServiceLifecycle
package import BgdemoCore

/// Slide 3, "local messages": a master, a web server and an e-mail worker, three processes that talk over pipes.
///
///     client ── GET /to/subject/text ──▶ web server ── {"mail":…} ──▶ master ── {"mail":…} ──▶ email worker ──▶ mail server
///     client ◀── 200, in the pipe ────── web server                   master ◀── {"sent":…} ── email worker
///                                                                       └ queue, throttle, retry; restarts who dies
///
/// This is what the two children are made of; the master is a ``Master``. The messages are listed at `PipeMessage`.
package struct Local: Strategy {
    private let master: MasterConnection
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let throttle: Throttle
    private let semantics: Semantics
    private let logger: Logger

    package init(
        master: MasterConnection, sender: any EmailSender, tracker: DeliveryTracker, throttle: Throttle,
        semantics: Semantics, logger: Logger
    ) {
        self.master = master
        self.sender = sender
        self.tracker = tracker
        self.throttle = throttle
        self.semantics = semantics
        self.logger = logger
    }

    // MARK: The web server

    package func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        switch semantics {
        case .safe: try await master.handOver(email)
        case .original: try master.letGo(email)
        }
        return AcceptResult("queued")
    }

    package func check() async throws(AcceptError) { try master.check() }

    // MARK: The email worker

    package func work() async throws {
        switch semantics {
        case .safe: await send()
        case .original: await OriginalWorker(master: master, sender: sender, throttle: throttle, logger: logger).work()
        }
    }

    /// Sends what the master hands out, all at once: it hands out no more than may be in hand.
    private func send() async {
        for await mails in master.mails.cancelOnGracefulShutdown() {
            for mail in mails { begin(mail) }
        }
        await tracker.waitUntilIdle()
    }

    private func begin(_ mail: MailLine) {
        do {
            let attempt = try tracker.begin(mail.email())
            sender.send(attempt.email) { [master] outcome in
                attempt.finish(outcome)
                master.report(mail.id, outcome)
            }
        } catch {
            master.report(mail.id, .permanent(SMTPFailure(.queue, "\(error)")))
        }
    }
}
