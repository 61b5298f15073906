public import BgdemoEmail
public import BgdemoCore

/// Slide 1, "foreground tasks": the request waits for the mail server.
///
///     client ── GET /to/subject/text ──▶ web server ── MAIL, RCPT, DATA ──▶ mail server
///     client ◀── 200, or 500 and why ─── web server ◀── 250, or 4xx/5xx ─── mail server
///
/// Nothing blocks but this client's patience: other requests are answered meanwhile.
public struct Foreground: Strategy {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker

    public init(sender: any EmailSender, tracker: DeliveryTracker) {
        self.sender = sender
        self.tracker = tracker
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        let attempt = try tracker.begin(email)
        attempt.logTry(1)
        let outcome = await sender.send(email)
        attempt.finish(outcome)
        guard case .sent(let reply) = outcome else { throw .failed(outcome) }
        return AcceptResult("sent", details: [.init("reply", reply)])
    }
}
