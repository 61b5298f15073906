import BgdemoCore
import BgdemoEmail
import BgdemoFoundations

/// A response as it is kept for other web servers:
/// `{"state":…,"note":…,"details":{…}}`, `{"outcome":…,"stage":…,"code":…,"reason":…}` or `{"undecided":…}`.
extension SendMailResponse {
    /// Empty for a response that is not kept.
    var json: String {
        var json = JSONWriter()
        json.object { json in
            switch kind {
            case .accepted(let result):
                json.member("state", result.state)
                if let note = result.note { json.member("note", note) }
                json.name("details")
                json.object { json in
                    for detail in result.details {
                        json.name(detail.key)
                        json.raw(detail.json)
                    }
                }
            case .failed(let outcome):
                json.member("outcome", outcome.name)
                guard let failure = outcome.failure else { return }
                json.member("stage", failure.stage.rawValue)
                if let code = failure.code { json.member("code", code) }
                json.member("reason", failure.reason)
            case .undecided(let reason): json.member("undecided", reason)
            case .rejected: break
            }
        }
        return json.text
    }

    /// nil where the text is no such response.
    init?(_ id: EmailID, json: String) {
        guard let object = try? JSONObject(Array(json.utf8)) else { return nil }
        if let state = object["state"]?.text {
            let details = (object["details"]?.members ?? []).compactMap { name, value in
                name.text.map { AcceptResult.Detail($0, json: Array(value.raw)) }
            }
            self.init(id, .accepted(AcceptResult(state, note: object["note"]?.text, details: details)))
        } else if let reason = object["undecided"]?.text {
            self.init(id, Kind.undecided(reason))
        } else if let stage = object["stage"]?.text.flatMap(SMTPFailure.Stage.init), let reason = object["reason"]?.text
        {
            let failure = SMTPFailure(stage, code: object["code"]?.int, reason)
            switch object["outcome"]?.text {
            case "temporary": self.init(id, Kind.failed(.temporary(failure)))
            case "permanent": self.init(id, Kind.failed(.permanent(failure)))
            case "unknown": self.init(id, Kind.failed(.unknown(failure)))
            default: return nil
            }
        } else {
            return nil
        }
    }
}
