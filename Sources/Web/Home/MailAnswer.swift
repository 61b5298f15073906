import BgdemoFoundations
import BgdemoHTTPServer

/// What the JSON of an answer says of a mail.
struct MailAnswer {
    var id: String?
    var state = ""
    var failure: String?

    private struct Body: Decodable {
        struct Failure: Decodable {
            let reason: String?
            let send: String?
        }

        let id: String?
        let state: String?
        let error: Failure?
    }

    init(_ response: HTTPResponse) {
        // The server's own words; a stranger's keys are in none of them.
        guard let body = try? JSONReader.decode(Body.self, from: response.body.bytes) else { return }
        (id, state) = (body.id, body.state ?? "")
        failure = body.error.map { error in
            [error.reason ?? "the mail was not sent", error.send.map { "send \($0)" }].compactMap { $0 }.joined(
                separator: "; ")
        }
    }
}
