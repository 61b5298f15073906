/// How far a client's session has come (RFC 5321, section 4.1.4): every transition is here.
///
///     connected ── EHLO ──▶ greeted ── MAIL ──▶ mail ── DATA ──▶ text ── final dot ──▶ greeted
///                           │    ▲               │
///                      AUTH ▼    │ its end       │ RSET, EHLO
///                          login             greeted
enum SMTPSessionState {
    /// One mail, between MAIL and its end.
    struct Envelope {
        let sender: String
        /// Of the MAIL command, in the life of the inbox.
        let number: Int
        let takesUTF8: Bool
        /// Those that were taken.
        var recipients: [String] = []
        /// RCPT commands, those that were refused by a fault or a rule among them.
        var asked = 0
        /// The longest time that a recipient's address asks for.
        var slowness = Duration.zero
        /// The recipients that ask to fail once.
        var failsOnce: [String] = []
    }

    case connected
    case greeted
    case login(SASLServer)
    case mail(Envelope)
    case text(Envelope, MailDataReader)
    /// The banner was a refusal: only QUIT is left (RFC 5321, section 3.1).
    case refused

    /// EHLO or HELO: a mail that was begun is forgotten.
    mutating func greet() { self = .greeted }

    /// RSET: a mail that was begun is forgotten.
    mutating func reset() {
        if case .mail = self { self = .greeted }
    }

    /// TLS has begun: all that was said before is forgotten (RFC 3207, section 4.2).
    mutating func restart() { self = .connected }

    mutating func refuse() { self = .refused }

    /// AUTH asks for more.
    mutating func ask(_ login: SASLServer) { self = .login(login) }

    /// The login that was asked for more, which ends with its answer unless it asks again.
    mutating func takeLogin() -> SASLServer? {
        guard case .login(let login) = self else { return nil }
        self = .greeted
        return login
    }

    mutating func begin(_ envelope: Envelope) { self = .mail(envelope) }

    /// Changes the envelope of the mail that was begun.
    mutating func update(_ change: (inout Envelope) -> Void) {
        guard case .mail(var envelope) = self else { return }
        // So that the envelope has one owner and its arrays are not copied.
        self = .greeted
        change(&envelope)
        self = .mail(envelope)
    }

    /// DATA: the text follows.
    mutating func beginText(_ reader: MailDataReader) {
        guard case .mail(let envelope) = self else { return }
        self = .text(envelope, reader)
    }

    /// The mail whose text is read. Taken out of the state, so that the text has one owner and is not copied to grow:
    /// ``resumeText(_:_:)`` puts it back.
    mutating func takeText() -> (Envelope, MailDataReader)? {
        guard case .text(let envelope, let reader) = self else { return nil }
        self = .greeted
        return (envelope, reader)
    }

    mutating func resumeText(_ envelope: Envelope, _ reader: MailDataReader) { self = .text(envelope, reader) }

    var envelope: Envelope? {
        switch self {
        case .mail(let envelope), .text(let envelope, _): envelope
        case .connected, .greeted, .login, .refused: nil
        }
    }

    var hasGreeted: Bool {
        switch self {
        case .connected, .refused: false
        case .greeted, .login, .mail, .text: true
        }
    }
}
