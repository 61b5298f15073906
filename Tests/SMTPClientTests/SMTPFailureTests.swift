import BgdemoEmail
import BgdemoSMTPClient
import BgdemoTestSupport
import Testing

/// Each failure at each stage of the conversation has the right outcome, with and without pipelining.
@Suite("Failures of the SMTP client", .timeLimit(.minutes(1)))
struct SMTPFailureTests {
    typealias Point = ScriptedSMTPServer.Point

    enum Fault: CaseIterable, Sendable {
        case later, never, closing, cut, hang

        func act(at point: Point) -> ScriptedSMTPServer.Act {
            switch self {
            // Read on, and the text may be whole before the reply is there.
            case .later: point == .text ? .sayAndHang("451 4.3.0 later") : .say("451 4.3.0 later")
            case .never: point == .text ? .sayAndHang(Self.refusal) : .say(Self.refusal)
            case .closing: .sayAndCut("421 4.3.2 closing")
            case .cut: .cut
            case .hang: .hang
            }
        }

        private static let refusal = "550-5.1.1 never\r\n550 5.1.1 ever"
    }

    static let points: [(Point, SMTPFailure.Stage)] = [
        (.banner, .banner), (.ehlo, .ehlo), (.starttls, .starttls), (.auth, .auth), (.mail, .mail), (.rcpt, .rcpt),
        (.data, .data), (.text, .text), (.dot, .dot),
    ]

    @Test(
        "Each failure at each stage has its outcome",
        arguments: points, Fault.allCases)
    func failure(at place: (point: Point, stage: SMTPFailure.Stage), fault: Fault) async throws {
        for isPipelined in [false, true] {
            let outcome = try await outcome(at: place.point, fault, isPipelined: isPipelined)
            let expected: (name: String, code: Int?) =
                switch fault {
                case .later: ("temporary", 451)
                // What is refused before MAIL is refused to the session, whatever the code.
                case .never: (place.stage.isOfMail ? "permanent" : "temporary", 550)
                case .closing: ("temporary", 421)
                case .cut, .hang: (place.stage == .dot ? "unknown" : "temporary", nil)
                }
            #expect(outcome.name == expected.name)
            #expect(outcome.failure?.stage == place.stage, "\(outcome)")
            #expect(outcome.failure?.code == expected.code, "\(outcome)")
            if fault == .never { #expect(outcome.failure?.reason == "550 5.1.1 never 5.1.1 ever") }
        }
    }

    private func outcome(at point: Point, _ fault: Fault, isPipelined: Bool) async throws -> SendOutcome {
        var extensions = isPipelined ? ["PIPELINING"] : []
        if point == .starttls { extensions.append("STARTTLS") }
        if point == .auth { extensions.append("AUTH PLAIN LOGIN") }
        let server = try await ScriptedSMTPServer.start(extensions: extensions) { place in
            place.point == point ? fault.act(at: point) : nil
        }
        let user = point == .auth ? "user:secret@" : ""
        let text = point == .text ? longText : "Hello.\n"
        let clock = ManualClock()
        return try await withSMTPClient(
            to: server, url: "smtp://\(user)127.0.0.1:\(server.port)", tls: point == .starttls ? .required : .off,
            clock: clock
        ) { client in
            guard fault == .hang else { return await client.post(text: text) }
            return try await client.post(text: text, outlasting: .seconds(61), on: clock, server)
        }
    }

    @Test("A closed port is temporary, at stage connect")
    func nobodyListens() async throws {
        let server = try await ScriptedSMTPServer.start()
        let port = server.port
        try await server.close()
        let idle = try await ScriptedSMTPServer.start()
        let outcome = try await withSMTPClient(to: idle, url: "smtp://127.0.0.1:\(port)") { await $0.post() }
        #expect(outcome.name == "temporary")
        #expect(outcome.failure?.stage == .connect)
    }

    @Test("A host that is not found is temporary, at stage connect")
    func noSuchHost() async throws {
        let idle = try await ScriptedSMTPServer.start()
        let outcome = try await withSMTPClient(to: idle, url: "smtp://nowhere.invalid", tls: .off) {
            await $0.post()
        }
        #expect(outcome.name == "temporary")
        #expect(outcome.failure?.stage == .connect)
    }

    /// Each stage keeps its time, and all of them take too long.
    @Test("The whole attempt has its time limit")
    func theWholeHasItsLimit() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .dot ? .hang : nil }
        let clock = ManualClock()
        let outcome = try await withSMTPClient(to: server, timeouts: SMTPTimeouts(total: .seconds(400)), clock: clock) {
            try await $0.post(outlasting: .seconds(401), on: clock, server)
        }
        #expect(outcome.name == "unknown")
        #expect(outcome.failure?.reason.contains("400.0 seconds") == true, "\(outcome)")
    }

    /// While one server's answer is awaited, the others' mails go on: the trap of libcurl's own SMTP.
    @Test("A slow reply to one mail delays no other")
    func oneSlowAnswerHoldsUpNobody() async throws {
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .dot && place.connection == 1 ? .hang : nil
        }
        try await withSMTPClient(to: server, connections: 2) { client in
            let first = Watched<[SendOutcome]>([])
            client.send(try email()) { outcome in first.change { $0.append(outcome) } }
            try await server.heard.wait { $0.first?.texts.count == 1 }
            for number in 1...20 {
                #expect(await client.post(number).isSent)
            }
            #expect(first.value.isEmpty)
            await client.close(within: .zero)
            #expect(first.value.map(\.name) == ["unknown"])
        }
    }

    /// An answer to the dot that is there before the text is no answer: the mail may not pass for sent.
    @Test(
        "A reply before its command is no reply to it",
        arguments: [
            (Point.mail, "250 ok\r\n250 early"), (.rcpt, "250 ok\r\n250 early"), (.data, "354 go\r\n250 early"),
        ])
    func anAnswerBeforeItsQuestion(point: Point, reply: String) async throws {
        let server = try await ScriptedSMTPServer.start(extensions: []) { place in
            place.point == point && place.connection == 1 ? .say(reply) : nil
        }
        try await withSMTPClient(to: server) { client in
            let first = await client.post(1)
            #expect(first.name == "temporary")
            #expect(first.failure?.reason == "an unexpected reply: 250 early")
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 2)
    }

    /// What is no SMTP reply is a fault of the connection, which is not used again.
    @Test(
        "What is no SMTP reply ends the connection",
        arguments: ["HTTP/1.1 400 Bad Request", "999 what", "25", "250~ok", "354 go on"])
    func nonsense(reply: String) async throws {
        for (point, word) in [(Point.mail, "temporary"), (.dot, "unknown")] {
            let server = try await ScriptedSMTPServer.start { place in
                place.point == point && place.connection == 1 ? .say(reply) : nil
            }
            try await withSMTPClient(to: server) { client in
                #expect(await client.post(1).name == word)
                try await server.heard.wait { $0[0].isClosed }
                #expect(await client.post(2).isSent)
                #expect(server.heard.value.count == 2)
            }
        }
    }

    /// A banner that is no reply fails at once, with its bytes, and does not hold the connection until its time is up.
    @Test(
        "A banner that is no SMTP reply fails at once, and its bytes are the reason",
        arguments: [
            ("hello\r\n", "hello"), ("hello", "hello"),
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request"),
            (String(repeating: "x", count: 100_000), String(repeating: "x", count: 100)),
            (String(repeating: "x", count: 100_000) + "\r\n", String(repeating: "x", count: 100)),
            ("\u{1b}[31mred\r\n", "\\u001b[31mred"), ("99", "99"), ("220x", "220x"),
        ])
    func garbageBanner(_ banner: String, _ shown: String) async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .banner ? .sayRaw(banner) : nil }
        try await withSMTPClient(to: server) { client in
            let outcome = await client.post()
            let expected = SMTPFailure(.banner, "the server said what is no SMTP reply: \(shown)")
            #expect(outcome == .temporary(expected))
        }
    }

    @Test("A reply to EHLO that is none fails at once too")
    func garbageEHLO() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .ehlo ? .say("hello") : nil }
        try await withSMTPClient(to: server) { client in
            #expect(
                await client.post() == .temporary(SMTPFailure(.ehlo, "the server said what is no SMTP reply: hello")))
        }
    }

    @Test("A banner that comes in pieces is waited for")
    func slowBanner() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .banner ? .sayRaw("22") : nil }
        try await withSMTPClient(to: server) { client in
            let told = Watched<[SendOutcome]>([])
            client.send(try email()) { outcome in told.change { $0.append(outcome) } }
            try await server.heard.wait { $0.count == 1 }
            server.sayToAll("0 scripted.example ESMTP\r\n")
            try await told.wait { $0.count == 1 }
            #expect(told.value[0].isSent)
        }
    }

    // MARK: - The session's refusals

    /// A mail is not to blame for what the server says of the session; and it is said once.
    @Test("A refused session is a temporary failure of the mail", arguments: [530, 535, 421, 538])
    func refusedMail(code: Int) async throws {
        let isRefusing = Watched(true)
        let server = try await ScriptedSMTPServer.start { place in
            place.point == .mail && isRefusing.value ? .say("\(code) 5.7.0 not now") : nil
        }
        try await withSMTPClient(to: server) { client in
            for number in 1...3 {
                let outcome = await client.post(number)
                #expect(outcome == .temporary(SMTPFailure(.mail, code: code, "\(code) 5.7.0 not now")))
                #expect(outcome.failure?.concernsSession == true)
            }
            #expect(client.sessionFailure?.code == code)
            isRefusing.change { $0 = false }
            #expect(await client.post(4).isSent)
            #expect(client.sessionFailure == nil)
        }
    }

    /// A server that talks without an end is stopped: by us, or while the connection opens by libcurl.
    @Test(
        "A reply without an end is cut",
        arguments: [Point.banner, .ehlo, .mail, .dot])
    func aReplyWithoutAnEnd(point: Point) async throws {
        let flood = Array(repeating: "250-and more", count: 40_000).joined(separator: "\r\n")
        let server = try await ScriptedSMTPServer.start { $0.point == point ? .say(flood) : nil }
        try await withSMTPClient(to: server) { client in
            let outcome = await client.post()
            #expect(outcome.name == (point == .dot ? "unknown" : "temporary"))
            #expect(outcome.failure?.stage.rawValue == point.rawValue, "\(outcome)")
        }
    }

    @Test("Time limits past what clocks count are taken")
    func limitsBeyondReason() async throws {
        let server = try await ScriptedSMTPServer.start()
        let endless = SMTPTimeouts(
            connect: .seconds(Int64.max), stage: .seconds(Int64.max), dot: .seconds(Int64.max),
            total: .seconds(Int64.max))
        try await withSMTPClient(to: server, connections: .max, timeouts: endless) { client in
            #expect(await client.post().isSent)
            await client.close(within: .seconds(Int64.max))
        }
    }
}

extension SMTPFailure.Stage {
    /// Whether the server has the mail's own command by then.
    fileprivate var isOfMail: Bool {
        switch self {
        case .queue, .connect, .banner, .ehlo, .starttls, .auth: false
        case .mail, .rcpt, .data, .text, .dot: true
        }
    }
}
