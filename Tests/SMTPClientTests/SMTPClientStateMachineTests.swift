import BgdemoEmail
import Testing

@testable import BgdemoSMTPClient

/// Every transition of the SMTP client's connection, without a socket.
@Suite("The state of a connection to the mail server")
struct SMTPClientStateMachineTests {
    private typealias Machine = SMTPClientStateMachine

    private static let probe = SMTPRequest.probe { _ in }

    private func transaction(_ extensions: [String] = []) throws -> MailTransaction {
        var capabilities = SMTPCapabilities()
        capabilities.extensions = extensions
        let from = try Address("me@example.org")
        let email = try Email(to: "you@example.org", subject: "s", text: "t")
        return try MailTransaction(
            MIMEMessage(email, from: from), from: from, to: email.to, capabilities: capabilities)
    }

    private func login() throws -> SASLClient {
        var capabilities = SMTPCapabilities()
        capabilities.extensions = ["AUTH PLAIN LOGIN CRAM-MD5"]
        return try SASLClient(
            SMTPLogin.Credentials(user: "bob", secret: "secret", isToken: false), .automatic, capabilities)
    }

    private func reply(_ code: Int, _ text: String = "text") -> SMTPReply { SMTPReply(code: code, lines: [text]) }

    /// A connection that is open and idle; used before, unless `isFresh`.
    private func idle(isFresh: Bool = false) -> Machine {
        var machine = Machine()
        machine.open(for: Self.probe)
        _ = machine.opened(login: nil)
        if !isFresh { _ = machine.finish(Self.probe, .sent(reply: "")) }
        return machine
    }

    /// One that has sent these commands' replies so far.
    private func sending(_ codes: [Int], isFresh: Bool = true, _ extensions: [String] = []) throws -> Machine {
        var machine = idle(isFresh: isFresh)
        _ = machine.send(Self.probe, try transaction(extensions))
        for code in codes {
            machine.didSendAll()
            _ = machine.receive(reply(code), isLast: true)
        }
        return machine
    }

    /// What an action is, in short.
    private func name(_ action: Machine.Action) -> String {
        switch action {
        case .wait: "wait"
        case .send(let bytes): "send \(String(decoding: bytes.prefix(4), as: UTF8.self))"
        case .start: "start"
        case .finish(_, let outcome): "finish \(outcome.name)"
        case .finishAndSend(_, let outcome, let bytes):
            "finish \(outcome.name), send \(String(decoding: bytes.prefix(4), as: UTF8.self))"
        case .close(.nothing): "close"
        case .close(.unsent): "close, unsent"
        case .close(.finished(_, let outcome)):
            "close, \(outcome.name) at \(outcome.failure?.stage.rawValue ?? "end")"
        case .reopenForLibraryLogin(_, let mechanisms): "reopen for \(mechanisms.map(\.rawValue))"
        }
    }

    @Test("A mail goes out command by command, and the connection is idle again")
    func mail() throws {
        var machine = idle(isFresh: true)
        #expect(name(machine.send(Self.probe, try transaction())) == "send MAIL")
        var heard: [String] = []
        for code in [250, 250, 354, 250] {
            machine.didSendAll()
            heard.append(name(machine.receive(reply(code), isLast: true)))
        }
        #expect(heard[0] == "send RCPT" && heard[1] == "send DATA" && heard[2].hasPrefix("send From"))
        #expect(heard[3] == "finish sent")
        #expect(machine.request == nil)
        guard case .idle = machine.state else { return #expect(Bool(false), "\(machine.state)") }
    }

    @Test("A refusal is followed by RSET, and the reply to it makes the connection idle")
    func reset() throws {
        var machine = try sending([250])
        machine.didSendAll()
        #expect(name(machine.receive(reply(550), isLast: true)) == "finish permanent, send RSET")
        machine.didSendAll()
        #expect(name(machine.receive(reply(250), isLast: true)) == "wait")
        guard case .idle = machine.state else { return #expect(Bool(false), "\(machine.state)") }
    }

    @Test("A refused session is temporary at MAIL and RCPT too", arguments: [421, 530, 534, 535, 538])
    func session(code: Int) throws {
        for codes in [[], [250]] {
            var machine = try sending(codes)
            machine.didSendAll()
            #expect(name(machine.receive(reply(code), isLast: true)).contains("temporary"))
        }
    }

    @Test("A reply before the bytes that it would answer closes the connection, and a refusal is the mail's")
    func early() throws {
        var machine = try sending([250])
        #expect(name(machine.receive(reply(250), isLast: true)) == "close, temporary at rcpt")
        machine = try sending([250, 250, 354])
        #expect(machine.stage == .text)
        #expect(name(machine.receive(reply(552), isLast: true)) == "close, permanent at text")
    }

    @Test(
        "A lost connection: the mail is sent again only if the server has seen nothing of it, and is unknown after the dot"
    )
    func lost() throws {
        for (codes, isFresh, action) in [
            ([], true, "close, temporary at mail"), ([], false, "close, unsent"),
            ([250], false, "close, temporary at rcpt"),
            ([250, 250], false, "close, temporary at data"),
        ] as [([Int], Bool, String)] {
            var machine = try sending(codes, isFresh: isFresh)
            #expect(name(machine.lose("cut")) == action)
        }
        var machine = try sending([], isFresh: false)
        #expect(name(machine.lose("time", isFinal: true)) == "close, temporary at mail")
        machine = try sending([250, 250, 354])
        machine.didSendAll()
        #expect(machine.stage == .dot)
        #expect(name(machine.lose("cut")) == "close, unknown at dot")
        machine = idle()
        #expect(name(machine.lose("cut")) == "close")
    }

    @Test("421 to the first command on a kept connection: the mail goes out over a fresh one")
    func closing() throws {
        var machine = try sending([], isFresh: false)
        machine.didSendAll()
        #expect(name(machine.receive(reply(421), isLast: true)) == "close, unsent")
        machine = try sending([], isFresh: true)
        machine.didSendAll()
        #expect(name(machine.receive(reply(421), isLast: true)) == "close, temporary at mail")
    }

    @Test("A reply that nothing asked for closes the connection")
    func unasked() throws {
        var machine = idle()
        #expect(name(machine.receive(reply(421), isLast: true)) == "close")
        machine = try sending([250, 250, 354])
        machine.didSendAll()
        #expect(name(machine.receive(reply(250), isLast: false)) == "close, sent at end")
        // Opening is libcurl's.
        machine = Machine()
        machine.open(for: Self.probe)
        #expect(name(machine.receive(reply(250), isLast: true)) == "close, temporary at connect")
    }

    @Test("A login comes before the first request, and a refused one is temporary")
    func authentication() throws {
        var machine = Machine()
        machine.open(for: Self.probe)
        #expect(machine.stage == nil)
        #expect(name(machine.opened(login: try login())) == "send AUTH")
        #expect(machine.stage == .auth)
        machine.didSendAll()
        #expect(name(machine.receive(reply(235), isLast: true)) == "start")

        machine = Machine()
        machine.open(for: Self.probe)
        _ = machine.opened(login: try login())
        machine.didSendAll()
        #expect(name(machine.receive(reply(454), isLast: true)) == "close, temporary at auth")

        machine = Machine()
        machine.open(for: Self.probe)
        _ = machine.opened(login: try login())
        machine.didSendAll()
        #expect(name(machine.receive(reply(535), isLast: true)) == "send AUTH")
        machine.didSendAll()
        #expect(name(machine.receive(reply(504), isLast: true)) == "reopen for [\"CRAM-MD5\"]")
    }
}
