import BgdemoEmail
public import BgdemoCore
import BgdemoFoundations
public import BgdemoHTTPServer

/// What became of a mail that was asked for, without the mail: small enough to be kept for a day.
struct SendMailResponse: Sendable {
    enum Kind: Sendable {
        case accepted(AcceptResult)
        case failed(SendOutcome)
        /// The mail is being tried, and its outcome is not known yet.
        case undecided(String)
        /// No mail was accepted. The same request may be sent again.
        case rejected(Problem)
    }

    let id: EmailID
    let kind: Kind

    init(_ id: EmailID, _ kind: Kind) {
        self.id = id
        self.kind = kind
    }

    init(_ id: EmailID, _ error: AcceptError) {
        self.id = id
        kind =
            switch error {
            case .failed(let outcome): .failed(outcome)
            case .undecided(let reason): .undecided(reason)
            case .unavailable, .full, .unsupported: .rejected(Problem(error))
            }
    }

    /// Whether the same request gets the same response. Where it does not, the client is right to send it again.
    var isFinal: Bool {
        if case .rejected = kind { false } else { true }
    }

    /// Not inlined: what it needs would take memory of each task that waits for it.
    @inline(never) func response(_ email: Email) -> HTTPResponse {
        switch kind {
        case .accepted(let result): return accepted(email, result)
        case .failed(let outcome): return failed(email, outcome)
        case .undecided(let reason): return undecided(email, reason)
        case .rejected(let problem): return problem.response
        }
    }

    private func accepted(_ email: Email, _ result: AcceptResult) -> HTTPResponse {
        var json = opening(email, state: result.state)
        if let note = result.note { json.member("note", note) }
        for detail in result.details {
            json.name(detail.key)
            json.raw(detail.json)
        }
        json.raw("}\n")
        return HTTPResponse(.ok, .json, .bytes(json.bytes))
    }

    private func failed(_ email: Email, _ outcome: SendOutcome) -> HTTPResponse {
        var json = opening(email, state: outcome.isUnknown ? "unknown" : "failed")
        json.name("error")
        json.raw("{")
        json.member("status", HTTPStatus.internalServerError.code)
        json.member("outcome", outcome.name)
        if let failure = outcome.failure {
            json.member("stage", failure.stage.rawValue)
            if let code = failure.code { json.member("code", code) }
            json.member("reason", failure.reason)
        }
        json.raw("}}\n")
        return HTTPResponse(.internalServerError, .json, json.text)
    }

    private func undecided(_ email: Email, _ reason: String) -> HTTPResponse {
        var json = opening(email, state: "unknown")
        json.name("error")
        json.raw("{")
        json.member("status", HTTPStatus.internalServerError.code)
        json.member("outcome", "unknown")
        json.member("reason", reason)
        json.raw("}}\n")
        return HTTPResponse(.internalServerError, .json, json.text)
    }

    private func opening(_ email: Email, state: String) -> JSONWriter {
        var json = JSONWriter(capacity: 192 + email.text.utf8.count)
        json.raw(#"{"email":"#)
        email.write(into: &json)
        json.raw(#","id":"#)
        json.string(id)
        json.raw(#","state":"#)
        json.string(state)
        return json
    }
}

extension SendOutcome {
    fileprivate var isUnknown: Bool {
        if case .unknown = self { true } else { false }
    }
}

extension Problem {
    /// The response to a mail that was not accepted.
    public init(_ error: AcceptError) {
        switch error {
        case .unavailable(_, let retryAfter), .full(_, let retryAfter):
            self = .unavailable(error.reason, retryAfter: retryAfter)
        case .unsupported: self.init(.badRequest, error.reason)
        case .failed, .undecided: self.init(.internalServerError, error.reason)
        }
    }
}
