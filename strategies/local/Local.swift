public import Logging
public import Mail
import NIOCore
import ServiceLifecycle
public import Strategy

/// Slide 3, "local messages": a master, a web server and an e-mail worker, three processes that talk over pipes.
///
///     client ── GET /to/subject/text ──▶ web server ── {"mail":…} ──▶ master ── {"mail":…} ──▶ email worker ──▶ mail server
///     client ◀── 200, in the pipe ────── web server                   master ◀── {"sent":…} ── email worker
///                                                                       └ queue, throttle, retry; restarts who dies
///
/// This is what the two children are made of; the master is a ``Master``. The messages are listed at `PipeMessage`.
public struct Local: Strategy {
    private let link: Link
    private let sender: any Sender
    private let journey: Journey
    private let throttle: Throttle
    private let semantics: Semantics
    private let logger: Logger

    public init(
        link: Link, sender: any Sender, journey: Journey, throttle: Throttle, semantics: Semantics, logger: Logger
    ) {
        self.link = link
        self.sender = sender
        self.journey = journey
        self.throttle = throttle
        self.semantics = semantics
        self.logger = logger
    }

    // MARK: The web server

    public func accept(_ email: Email) async throws(Refusal) -> Receipt {
        switch semantics {
        case .safe: try await link.handOver(email)
        case .talk: try link.letGo(email)
        }
        return Receipt("queued")
    }

    public func check() async throws(Refusal) { try link.check() }

    // MARK: The email worker

    public func work() async throws {
        switch semantics {
        case .safe: await send()
        case .talk: await TalkWorker(link: link, sender: sender, throttle: throttle, logger: logger).work()
        }
    }

    /// Sends what the master hands out, all at once: it hands out no more than may be in hand.
    private func send() async {
        for await lines in link.mails.cancelOnGracefulShutdown() {
            for line in lines { begin(line) }
        }
        await journey.landed()
    }

    private func begin(_ line: ByteBuffer) {
        guard case .mail(let id, _)? = PipeMessage(line) else { return }
        do {
            let trip = try journey.depart(PipeMessage.email(line))
            sender.send(trip.email) { [link] outcome in
                trip.ended(outcome)
                link.report(id, outcome)
            }
        } catch {
            link.report(id, .permanent(Failure(.queue, "\(error)")))
        }
    }
}
