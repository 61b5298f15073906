public import BgdemoCore
public import BgdemoEmail

/// Slide 2, "parallel tasks": ignore the callback.
///
///     client ── GET /to/subject/text ──▶ web server ── MAIL, RCPT, DATA ──▶ mail server
///     client ◀── 200, at once ────────── web server
///                                            └ the log and the counters, when the mail server has answered
///
/// Mails that are being sent when the process dies are lost, and nothing reports them.
public struct FireAndForget: ImmediateStrategy {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker

    public init(sender: any EmailSender, tracker: DeliveryTracker) {
        self.sender = sender
        self.tracker = tracker
    }

    public func accept(_ email: Email) throws(AcceptError) -> AcceptResult {
        let attempt = try tracker.begin(email)
        attempt.logTry(1)
        sender.send(email) { attempt.finish($0) }
        return AcceptResult("unknown", note: "nobody waits for the outcome; the log and /metrics will have it")
    }
}
