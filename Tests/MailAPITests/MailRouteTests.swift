import BgdemoFoundations
@testable import BgdemoHTTPServer
import BgdemoEmail
import BgdemoCore
@testable import BgdemoMailAPI
import Testing

@Suite struct MailRouteTests {
    @Test(
        "Each segment is decoded once, as strict UTF-8",
        arguments: [
            ("/a@b.example/s/t", "a@b.example", "s", "t"),
            ("/a%40b.example/hello%20there/x", "a@b.example", "hello there", "x"),
            ("/a+tag@b.example/1+1/2+2", "a+tag@b.example", "1+1", "2+2"),
            ("/a@b.example/a%2Fb/c%2fd", "a@b.example", "a/b", "c/d"),
            ("/a@b.example/s/what%3F", "a@b.example", "s", "what?"),
            ("/a@b.example/%2541/%25", "a@b.example", "%41", "%"),
            ("/a@b.example/%F0%9F%90%A7/%D9%85%D8%B1", "a@b.example", "🐧", "مر"),
            ("/a@b.example/🐧/ü", "a@b.example", "🐧", "ü"),
            ("/a@b.example/s/line%0Aline%0D%0Aline%09tab", "a@b.example", "s", "line\nline\r\nline\ttab"),
            ("/a@b.example/./..", "a@b.example", ".", ".."),
            ("/a@b.example/s/%3Cscript%3E", "a@b.example", "s", "<script>"),
        ])
    func path(target: String, to: String, subject: String, text: String) async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(to: .get(target))
        #expect(response.status == .ok)
        #expect(strategy.accepted.map(\.to.text) == [to])
        #expect(strategy.accepted.map(\.subject) == [subject])
        #expect(strategy.accepted.map(\.text) == [text])
    }

    @Test("A strategy that waits for nothing has its answers ready; a key and a delay are waited for")
    func immediate() async throws {
        struct Immediate: ImmediateStrategy {
            func accept(_ email: Email) throws(AcceptError) -> AcceptResult {
                guard email.subject != "full" else { throw .full("no room", retryAfter: .seconds(1)) }
                return AcceptResult("kept")
            }
        }
        let route = MailRoute(Immediate())
        func ready(_ request: HTTPRequest) -> HTTPResponse? {
            if case .ready(let response) = route.answer(request) { response } else { nil }
        }
        let kept = try #require(ready(.get("/a@b.example/s/t")))
        #expect(kept.status == .ok && kept.text.contains(#""state":"kept""#))
        #expect(ready(.get("/a@b.example/full/t"))?.status == .serviceUnavailable)
        #expect(ready(.get("/a@b.example"))?.status == .badRequest)
        #expect(ready(.get("/a@b.example/s/t") { $0.idempotencyKey = "k" }) == nil)
        let delayed = HTTPRequest.post(#"{"to":"a@b.example","subject":"s","text":"t","delay":"1h"}"#)
        #expect(ready(delayed) == nil)
        #expect(await route.respond(to: delayed).status == .badRequest)
        #expect(await route.respond(to: .get("/a@b.example/s/t") { $0.idempotencyKey = "k" }).status == .ok)
        let waiting = MailRoute(RecordingStrategy()).answer(.get("/a@b.example/s/t"))
        if case .ready = waiting { Issue.record("it was not waited for") }
    }

    @Test(
        "What is not three good segments is 400 and never a mail",
        arguments: [
            "/a@b.example", "/a@b.example/s", "/a@b.example/s/", "/a@b.example//t", "//s/t", "///",
            "/a@b.example/s/t/", "/a@b.example/s/t/u", "/a@b.example/s/t?x=1", "/a@b.example/s/t?", "/?to=a@b.example",
            "/a@b.example/s/%", "/a@b.example/s/%4", "/a@b.example/s/%zz", "/a@b.example/s/%+1",
            "/a@b.example/s/%u0041",
            "/a@b.example/s/%ff", "/a@b.example/s/%c0%af", "/a@b.example/s/%ed%a0%80", "/a@b.example/s/%f4%90%80%80",
            "/a@b.example/s/%00", "/a@b.example/%0d%0aBcc:%20c@d.example/t", "/a@b.example/s%0A/t",
            "/a@b.example/%09/t",
            "/a@b.example%0d%0aRCPT%20TO:%3Cc@d.example%3E/s/t", "/a@b.example,c@d.example/s/t",
            "/%3Ca@b.example%3E%20SIZE=1/s/t", "/a@b.example%3E%20SIZE=1/s/t", "/a@b.example%20/s/t",
            "/-a@b.example/s/t",
            "/=%3Futf-8%3Fq%3Fa%3F=@b.example/s/t", "/nobody/s/t", "/a@b.example/s/%c2%85", "/a@b.example/s/%7f",
        ])
    func wrongPath(target: String) async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(to: .get(target))
        #expect(response.status == .badRequest)
        #expect(response.text.hasPrefix(#"{"error":{"status":400,"reason":""#))
        #expect(response.text.contains(#""send":""#))
        #expect(strategy.accepted.isEmpty)
    }

    @Test("The answer has the mail, its id, its state and what the strategy adds, in this order")
    func answer() async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(to: .get("/a@b.example/s/t"))
        let id = strategy.accepted.first.map { "\($0.id)" } ?? ""
        #expect(
            response.text == """
                {"email":{"to":"a@b.example","subject":"s","text":"t"},"id":"\(id)","state":"kept","note":"a test",\
                "number":7,"word":"a\\"b"}\n
                """)
    }

    @Test(
        "A POST brings the three as JSON or as a form",
        arguments: [
            (#"{"to":"a@b.example","subject":"s","text":"t"}"#, "application/json"),
            (#" {"text":"t","to":"a\u0040b.example","subject":"s"} "#, "Application/JSON; charset=UTF-8"),
            ("to=a@b.example&subject=s&text=t", "application/x-www-form-urlencoded"),
            ("to=a%40b.example&subject=%73&text=t&", "application/x-www-form-urlencoded ; charset=\"utf-8\""),
        ])
    func post(body: String, type: String) async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(to: .post(body, as: type))
        #expect(response.status == .ok, "\(response.text)")
        #expect(strategy.accepted.map(\.to.text) == ["a@b.example"])
        #expect(strategy.accepted.map(\.subject) == ["s"])
        #expect(strategy.accepted.map(\.text) == ["t"])
    }

    @Test("A plus is a space in a form, and a plus in JSON")
    func plus() async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        let form = "to=a@b.example&subject=1+1&text=1%2B1"
        _ = await route.respond(to: .post(form, as: "application/x-www-form-urlencoded"))
        _ = await route.respond(to: .post(#"{"to":"a@b.example","subject":"1+1","text":"t"}"#))
        #expect(strategy.accepted.map(\.subject) == ["1 1", "1+1"])
        #expect(strategy.accepted.first?.text == "1+1")
    }

    @Test(
        "A body that says something else is refused in words",
        arguments: [
            ("", "application/json", 400), ("null", "application/json", 400), ("[]", "application/json", 400),
            ("[", "application/json", 400),
            ("\"x\"", "application/json", 400), ("{", "application/json", 400), ("{}", "application/json", 400),
            (#"{"to":"a@b.example","subject":"s"}"#, "application/json", 400),
            (#"{"to":["a@b.example"],"subject":"s","text":"t"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":1,"text":"t"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":null,"text":"t"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"t","bcc":"c@d.example"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"\u0000"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s\r\nBcc: c@d.example","text":"t"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"\ud800","text":"t"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"t","delay":"soon"}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"t","delay":-1}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"t","delay":1e300}"#, "application/json", 400),
            (#"{"to":"a@b.example","subject":"s","text":"t"} x"#, "application/json", 400),
            (String(repeating: "[", count: 100_000), "application/json", 400),
            ("to=a@b.example&to=c@d.example&subject=s&text=t", "application/x-www-form-urlencoded", 400),
            ("to=a@b.example&subject=s&text=%ff", "application/x-www-form-urlencoded", 400),
            ("to=a@b.example&subject=s&text=%f", "application/x-www-form-urlencoded", 400),
            ("to=a@b.example&subject=s&text", "application/x-www-form-urlencoded", 400),
            ("x", "text/plain", 415), ("x", "multipart/form-data; boundary=x", 415),
            (#"{"to":"a@b.example","subject":"s","text":"t"}"#, "application/json; charset=utf-16", 415),
        ])
    func wrongBody(body: String, type: String, status: Int) async {
        let strategy = RecordingStrategy()
        let response = await MailRoute(strategy).respond(to: .post(body, as: type))
        #expect(response.status.code == status, "\(response.text)")
        #expect(strategy.accepted.isEmpty)
    }

    @Test("A body without a Content-Type is 415, a text past a mebibyte 413")
    func typeAndSize() async {
        let route = MailRoute(RecordingStrategy())
        #expect(await route.respond(to: .post("{}", as: nil)).status == .unsupportedMediaType)
        let text = String(repeating: "x", count: Email.maximumTextBytes)
        let fits = #"{"to":"a@b.example","subject":"s","text":"\#(text)"}"#
        let long = #"{"to":"a@b.example","subject":"s","text":"\#(text)y"}"#
        #expect(await route.respond(to: .post(fits)).status == .ok)
        #expect(await route.respond(to: .post(long)).status == .contentTooLarge)
    }

    @Test(
        "A delay is kept where the strategy can, refused where it can't", arguments: ["\"1500ms\"", "1.5", "\"1.5s\""])
    func delay(spelled: String) async {
        let strategy = RecordingStrategy()
        let body = #"{"to":"a@b.example","subject":"s","text":"t","delay":\#(spelled)}"#
        #expect(await MailRoute(strategy).respond(to: .post(body)).status == .ok)
        #expect(strategy.acceptedDelays == [.milliseconds(1500)])
        #expect(await MailRoute(Punctual()).respond(to: .post(body)).status == .badRequest)
    }

    private struct Punctual: Strategy {
        func accept(_ email: Email) async throws(AcceptError) -> AcceptResult { AcceptResult("sent") }
    }

    @Test("An array of mails is answered for each, in its order, whatever becomes of the others")
    func batch() async {
        let strategy = RecordingStrategy()
        let mail = #"{"to":"a@b.example","subject":"s","text":"1"}"#
        let body = #" [\#(mail),{"to":"nobody"},7,\#(mail.replacing("1", with: "2"))]"#
        let route = MailRoute(strategy)
        let response = await route.respond(to: .post(body) { $0.idempotencyKey = "k" })
        #expect(response.status == .ok)
        #expect(Set(strategy.accepted.map(\.text)) == ["1", "2"])
        let parts = response.text.split(separator: "},{")
        #expect(parts.count == 4, "\(response.text)")
        #expect(parts.first?.hasPrefix(#"[{"email":{"to":"a@b.example","subject":"s","text":"1"}"#) == true)
        #expect(parts.dropFirst().first?.contains("lacks subject and text") == true)
        #expect(parts.last?.contains(#""text":"2""#) == true)
        let again = await route.respond(to: .post(body) { $0.idempotencyKey = "k" })
        #expect(again == response)
        #expect(strategy.accepted.count == 2)
    }

    @Test("An array has 1 to 100 mails")
    func batchSize() async {
        let mail = #"{"to":"a@b.example","subject":"s","text":"t"}"#
        for (count, status) in [(0, 400), (1, 200), (100, 200), (101, 400)] {
            let strategy = RecordingStrategy()
            let body = "[\(Array(repeating: mail, count: count).joined(separator: ","))]"
            #expect(await MailRoute(strategy).respond(to: .post(body)).status.code == status)
            #expect(strategy.accepted.count == (status == 200 ? count : 0))
        }
    }

    @Test("HEAD checks the request and sends nothing")
    func head() async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        #expect(await route.respond(to: HTTPRequest.get("/a@b.example/s/t").with(.head)).status == .ok)
        #expect(await route.respond(to: HTTPRequest.get("/a@b.example/s").with(.head)).status == .badRequest)
        #expect(strategy.accepted.isEmpty)
    }

    @Test("A refusal is 503 with Retry-After, or 500 with the mail, its id and the server's words")
    func refusals() async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        strategy.refuse(.full("full", retryAfter: .seconds(3)))
        let full = await route.respond(to: .get("/a@b.example/s/t"))
        #expect(full.status == .serviceUnavailable)
        #expect(full.header("Retry-After") == "3")
        strategy.refuse(.failed(.permanent(SMTPFailure(.rcpt, code: 550, "no such user"))))
        let failed = await route.respond(to: .get("/a@b.example/s/t"))
        #expect(failed.status == .internalServerError)
        #expect(failed.text.hasPrefix(#"{"email":{"to":"a@b.example","subject":"s","text":"t"},"id":""#))
        #expect(
            failed.text.hasSuffix(
                #""state":"failed","error":{"status":500,"outcome":"permanent","stage":"rcpt","code":550,"reason":"no such user"}}"#
                    + "\n"))
        strategy.refuse(.failed(.unknown(SMTPFailure(.dot, "the connection broke"))))
        #expect(await route.respond(to: .get("/a@b.example/s/t")).text.contains(#""state":"unknown""#))
    }
}
