public import Mail
public import Strategy

/// Slide 1, "foreground tasks": the request waits for the mail server.
///
///     client ── GET /to/subject/text ──▶ web server ── MAIL, RCPT, DATA ──▶ mail server
///     client ◀── 200, or 500 and why ─── web server ◀── 250, or 4xx/5xx ─── mail server
///
/// Nothing blocks but this client's patience: other requests are answered meanwhile.
public struct Foreground: Strategy {
    private let sender: any EmailSender
    private let journey: Journey

    public init(sender: any EmailSender, journey: Journey) {
        self.sender = sender
        self.journey = journey
    }

    public func accept(_ email: Email) async throws(Refusal) -> Receipt {
        let trip = try journey.depart(email)
        trip.attempted(1)
        let outcome = await sender.send(email)
        trip.ended(outcome)
        guard case .sent(let reply) = outcome else { throw .failed(outcome) }
        return Receipt("sent", facts: [.init("reply", reply)])
    }
}
