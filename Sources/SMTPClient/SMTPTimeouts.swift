/// How long one attempt may take, part by part. Waiting in the courier's queue is not part of it.
public struct SMTPTimeouts: Sendable, Hashable {
    /// To find the host and connect to it, with TLS where the URL is `smtps:`.
    public var connect: Duration
    /// For each step of the conversation, from the banner to the last byte of the text: the server's reply to a
    /// command, or its reading on in the text.
    public var stage: Duration
    /// For the reply to the final dot: servers may deliver before they answer, so that RFC 5321 (4.5.3.2.6) asks for
    /// ten minutes. What is cut here is ``Mail/SendOutcome/unknown(_:)``.
    public var dot: Duration
    /// For the whole attempt.
    public var total: Duration

    public init(
        connect: Duration = .seconds(30), stage: Duration = .seconds(60), dot: Duration = .seconds(600),
        total: Duration = .seconds(900)
    ) {
        self.connect = connect
        self.stage = stage
        self.dot = dot
        self.total = total
    }
}

extension SMTPTimeouts {
    /// The same, each at most a week: what clocks and libcurl can count with.
    var bounded: SMTPTimeouts {
        SMTPTimeouts(connect: connect.bounded, stage: stage.bounded, dot: dot.bounded, total: total.bounded)
    }
}

extension Duration {
    /// At least nothing, at most a week.
    var bounded: Duration { max(.zero, min(self, .seconds(604_800))) }
}
