import BgdemoNetSupport
import Testing

@testable import BgdemoHTTPServer
@testable import BgdemoMailAPI

/// Text of combining marks takes time in the square of its length wherever `String` compares it: 250 KB take a minute.
@Suite("Every text of a client is read in linear time", .timeLimit(.minutes(1)))
struct LinearTimeTests {
    private static let json = "application/json"
    private static let form = "application/x-www-form-urlencoded"

    /// `a` and marks whose canonical order is another, of about as many bytes.
    private static func marks(_ bytes: Int) -> String { "a" + String(repeating: "\u{301}\u{323}", count: bytes / 4) }

    @Test(
        "A body is read in linear time, at each place of a hostile text",
        arguments: [
            (#"{"MARKS":"x","to":"a@b.example","subject":"s","text":"t"}"#, json, 400),
            (#"{"to":"a@b.example","to":"MARKS"}"#, json, 400),
            (#"{"to":"MARKS","subject":"s","text":"t"}"#, json, 400),
            (#"{"to":"a@b.example","subject":"MARKS","text":"t"}"#, json, 400),
            (#"{"to":"a@b.example","subject":"s","text":"MARKS"}"#, json, 200),
            (#"{"to":"a@b.example","subject":"s","text":"t","delay":"MARKS"}"#, json, 400),
            (#"{"to":["MARKS"]}"#, json, 400),
            ("MARKS=x&to=a@b.example", form, 400), ("to=a@b.example&subject=s&text=MARKS", form, 200),
            ("to=MARKS&subject=s&text=t", form, 400), ("to=a@b.example&subject=s&text=t&delay=MARKS", form, 400),
            ("x", "MARKS", 415), ("x", "application/json; MARKS", 400), ("x", "application/json; charset=MARKS", 415),
        ])
    func bodies(body: String, type: String, status: Int) async {
        let marks = Self.marks(250_000)
        let request = HTTPRequest.post(
            body.replacing("MARKS", with: marks), as: type.replacing("MARKS", with: Self.marks(16_000))
        ) {
            $0.idempotencyKey = "key"
        }
        let route = MailRoute(RecordingStrategy())
        let time = await ContinuousClock().measure {
            // The second compares the mail with the first.
            for _ in 0..<2 { #expect(await route.respond(to: request).status.code == status) }
        }
        #expect(time < .seconds(5), "\(time)")
    }

    @Test("A head is read in linear time, at each field of a hostile text")
    func fields() async {
        let marks = Self.marks(16_000)
        var fields = HTTPRequest.Fields()
        (fields.accept, fields.authorization, fields.contentType) = (marks, marks, marks)
        (fields.origin, fields.referer, fields.purpose, fields.secFetchSite) = (marks, marks, marks, marks)
        (fields.idempotencyKey, fields.host) = (marks, "localhost")
        var access = AccessPolicy()
        access.token = BearerToken("secret")
        let home = HomePage(strategy: "s", summary: "s", links: [])
        let router = MailRouter(pages: ["/": home], mails: MailRoute(RecordingStrategy(), access: access))
        let guarded = RequestGuard(router, hosts: HostCheck(listeningOn: "127.0.0.1"), token: access.token)
        let time = await ContinuousClock().measure {
            for target in ["/", "/\(marks)/s/t", "/a@b.example/\(marks)/t"] {
                for method in [HTTPRequest.Method.get, .post, .options, .other] {
                    let head = HTTPRequest.Head(
                        method: method, target: target, minorVersion: 1, fields: fields, keepsAlive: true)
                    _ = await guarded.respond(to: HTTPRequest(head: head))
                }
            }
        }
        #expect(time < .seconds(3), "\(time)")
    }
}
