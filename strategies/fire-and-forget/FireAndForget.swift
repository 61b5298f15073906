public import Mail
public import Strategy

/// Slide 2, "parallel tasks": ignore the callback.
///
///     client ── GET /to/subject/text ──▶ web server ── MAIL, RCPT, DATA ──▶ mail server
///     client ◀── 200, at once ────────── web server
///                                            └ the log and the counters, when the mail server has spoken
///
/// What is under way when the process dies is gone, and nobody knows.
public struct FireAndForget: Strategy {
    private let sender: any EmailSender
    private let journey: Journey

    public init(sender: any EmailSender, journey: Journey) {
        self.sender = sender
        self.journey = journey
    }

    public func accept(_ email: Email) async throws(Refusal) -> Receipt {
        let trip = try journey.depart(email)
        trip.attempted(1)
        sender.send(email) { trip.ended($0) }
        return Receipt("unknown", note: "nobody waits for the outcome; the log and /metrics will know it")
    }
}
