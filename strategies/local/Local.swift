package import Logging
package import Mail
import Pipes
import ServiceLifecycle
package import Strategy

/// Slide 3, "local messages": a master, a web server and an e-mail worker, three processes that talk over pipes.
///
///     client ── GET /to/subject/text ──▶ web server ── {"mail":…} ──▶ master ── {"mail":…} ──▶ email worker ──▶ mail server
///     client ◀── 200, in the pipe ────── web server                   master ◀── {"sent":…} ── email worker
///                                                                       └ queue, throttle, retry; restarts who dies
///
/// This is what the two children are made of; the master is a ``Master``. The messages are listed at `PipeMessage`.
package struct Local: Strategy {
    private let link: Link
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let throttle: Throttle
    private let semantics: Semantics
    private let logger: Logger

    package init(
        link: Link, sender: any EmailSender, tracker: DeliveryTracker, throttle: Throttle, semantics: Semantics, logger: Logger
    ) {
        self.link = link
        self.sender = sender
        self.tracker = tracker
        self.throttle = throttle
        self.semantics = semantics
        self.logger = logger
    }

    // MARK: The web server

    package func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        switch semantics {
        case .safe: try await link.handOver(email)
        case .talk: try link.letGo(email)
        }
        return AcceptResult("queued")
    }

    package func check() async throws(AcceptError) { try link.check() }

    // MARK: The email worker

    package func work() async throws {
        switch semantics {
        case .safe: await send()
        case .talk: await TalkWorker(link: link, sender: sender, throttle: throttle, logger: logger).work()
        }
    }

    /// Sends what the master hands out, all at once: it hands out no more than may be in hand.
    private func send() async {
        for await mails in link.mails.cancelOnGracefulShutdown() {
            for mail in mails { begin(mail) }
        }
        await tracker.waitUntilIdle()
    }

    private func begin(_ mail: MailLine) {
        do {
            let attempt = try tracker.begin(mail.email())
            sender.send(attempt.email) { [link] outcome in
                attempt.finish(outcome)
                link.report(mail.id, outcome)
            }
        } catch {
            link.report(mail.id, .permanent(SMTPFailure(.queue, "\(error)")))
        }
    }
}
