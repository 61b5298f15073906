import BgdemoTestSupport
import Testing

@testable import BgdemoWeb

@Suite(.timeLimit(.minutes(1))) struct MailWaitTests {
    @Test("The answer comes with the mail")
    func waits() async throws {
        try await WebServer.with { web in
            try await web.receive(["Subject: other\r\n\r\nx"])
            async let answer = web.get("/mails/wait?to=c%40d&subject=Hello&within=20s", headers: [])
            try await web.receive(["Subject: hello there\r\n\r\nhow are you"])
            let mail = try await answer
            #expect(mail.status == 200 && mail.text.contains(#""subject":"hello there""#))
            #expect(mail.text.contains(#""text":"how are you"#))
        }
    }

    @Test("A mail that is there already is answered at once, unless it came before")
    func kept() async throws {
        try await WebServer.with { web in
            try await web.receive(["Subject: one\r\n\r\nx", "Subject: two\r\n\r\nx"])
            #expect(try await web.get("/mails/wait?within=20s", headers: []).text.contains(#""id":1,"#))
            #expect(try await web.get("/mails/wait?after=1&within=20s", headers: []).text.contains(#""id":2,"#))
            let late = try await web.get("/mails/wait?after=2&within=10ms", headers: [])
            #expect(late.status == 404 && late.text.contains("no such mail came in time"))
        }
    }

    @Test("A time that is none, or too long, is refused", arguments: ["x", "301s", "-1s", "%00"])
    func times(_ within: String) async throws {
        try await WebServer.with { web in
            let response = try await web.get("/mails/wait?within=\(within)", headers: [])
            #expect(response.status == 400)
        }
    }
}
