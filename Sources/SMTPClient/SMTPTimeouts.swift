/// How long one attempt may take, part by part. The time in the client's queue is not part of it.
public struct SMTPTimeouts: Sendable, Hashable {
    /// To find the host and connect to it, with TLS where the URL is `smtps:`. Default: 30 s.
    public var connect: Duration
    /// For each step of the session, from the banner to the last byte of the text: the server's reply to a command, or its
    /// reading on in the text. Default: 60 s.
    public var stage: Duration
    /// For the reply to the final dot: servers may deliver before they answer, so that RFC 5321 (4.5.3.2.6) asks for
    /// ten minutes. What is cut here is ``Email/SendOutcome/unknown(_:)``. Default: 10
    /// minutes.
    public var dot: Duration
    /// For the whole attempt. Default: 15 minutes.
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
