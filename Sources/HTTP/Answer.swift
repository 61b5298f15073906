import Mail
public import Strategy

/// What became of an order, without the mail itself: small enough to be remembered for a day.
struct Answer: Sendable {
    enum Verdict: Sendable {
        case accepted(Receipt)
        case failed(SendOutcome)
        /// The order did not come to anything; the same one may be tried again.
        case turnedAway(Problem)
    }

    let id: EmailID
    let verdict: Verdict

    init(_ id: EmailID, _ verdict: Verdict) {
        self.id = id
        self.verdict = verdict
    }

    init(_ id: EmailID, _ refusal: Refusal) {
        self.id = id
        if case .failed(let outcome) = refusal {
            verdict = .failed(outcome)
        } else {
            verdict = .turnedAway(Problem(refusal))
        }
    }

    /// Whether the mail's fate was decided. Where it was not, the client is right to come again.
    var isFinal: Bool {
        if case .turnedAway = verdict { false } else { true }
    }

    func response(_ email: Email) -> Response {
        switch verdict {
        case .accepted(let receipt): return accepted(email, receipt)
        case .failed(let outcome): return failed(email, outcome)
        case .turnedAway(let problem): return problem.response
        }
    }

    private func accepted(_ email: Email, _ receipt: Receipt) -> Response {
        var json = opening(email, state: receipt.state)
        if let note = receipt.note { json.field("note", note) }
        for fact in receipt.facts {
            json.key(fact.key)
            json.raw(fact.json)
        }
        json.raw("}\n")
        return Response(.ok, .json, .bytes(json.bytes))
    }

    private func failed(_ email: Email, _ outcome: SendOutcome) -> Response {
        var json = opening(email, state: outcome.isUnknown ? "unknown" : "failed")
        json.key("error")
        json.raw("{")
        json.field("status", Status.internalServerError.code)
        json.field("outcome", outcome.name)
        if let failure = outcome.failure {
            json.field("stage", failure.stage.rawValue)
            if let code = failure.code { json.field("code", code) }
            json.field("reason", failure.reason)
        }
        json.raw("}}\n")
        return Response(.internalServerError, .json, json.text)
    }

    private func opening(_ email: Email, state: String) -> JSONText {
        var json = JSONText(capacity: 192 + email.text.utf8.count)
        json.raw(#"{"email":"#)
        email.write(into: &json)
        json.raw(#","id":"#)
        json.string(id.description)
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
    /// A refusal in HTTP's words.
    public init(_ refusal: Refusal) {
        switch refusal {
        case .unavailable(let reason, let retryAfter), .full(let reason, let retryAfter):
            self = .unavailable(reason, retryAfter: retryAfter)
        case .unsupported(let reason): self.init(.badRequest, reason)
        case .failed(let outcome): self.init(.internalServerError, outcome.failure?.description ?? outcome.name)
        }
    }
}
