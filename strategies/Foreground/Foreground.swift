public import BgdemoCore
public import BgdemoEmail

/// Slide 1, "foreground tasks": the request waits for the mail server.
///
///     client ── GET /to/subject/text ──▶ web server ── MAIL, RCPT, DATA ──▶ mail server
///     client ◀── 200, or 500 and why ─── web server ◀── 250, or 4xx/5xx ─── mail server
///
/// Only this client waits; other requests are not blocked.
public struct Foreground: Strategy {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let answerWithin: Duration
    private let timer: AnswerTimer

    /// - Parameter answerWithin: How long a request waits for the mail server; past it the answer is 500, outcome unknown, and
    ///   the sending goes on within the mail's own time limits. Default: 10 s.
    public init(sender: any EmailSender, tracker: DeliveryTracker, answerWithin: Duration = .seconds(10)) {
        self.sender = sender
        self.tracker = tracker
        self.answerWithin = answerWithin
        timer = AnswerTimer(limit: answerWithin)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        let attempt = try tracker.begin(email)
        attempt.logTry(1)
        let outcome = await timer.outcome { report in
            sender.send(email) { outcome in
                attempt.finish(outcome)
                report(outcome)
            }
        }
        switch outcome {
        case .sent(let reply): return AcceptResult("sent", details: [.init("reply", reply)])
        case let outcome?: throw .failed(outcome)
        case nil:
            throw .undecided(
                "the mail server has not answered within \(answerWithin.formatted); the log will have the outcome under the id"
            )
        }
    }
}

extension Duration {
    fileprivate var formatted: String {
        self < .seconds(1) ? "\(Int(self / .milliseconds(1))) ms" : "\(components.seconds) s"
    }
}
