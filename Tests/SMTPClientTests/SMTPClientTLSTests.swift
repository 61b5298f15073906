import Foundation
import BgdemoEmail
import NIOSSL
import BgdemoSMTPClient
import BgdemoTestSupport
import Testing

/// TLS as the policy says, certificates verified, passwords kept.
@Suite("TLS of the SMTP client", .timeLimit(.minutes(1)))
struct SMTPClientTLSTests {
    /// A server that can TLS, with a certificate of its own that the client trusts unless told otherwise.
    private func withServer(
        names: [String] = ["DNS:localhost", "IP:127.0.0.1"], extensions: [String] = ["STARTTLS", "PIPELINING"],
        isTLSFirst: Bool = false, script: @escaping ScriptedSMTPServer.Script = { _ in nil },
        _ body: (ScriptedSMTPServer, String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let files = try await TestCertificate(names: names, in: folder)
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMFile(files.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: files.key, format: .pem)))
            let server = try await ScriptedSMTPServer.start(
                extensions: extensions, tls: try NIOSSLContext(configuration: configuration), isTLSFirst: isTLSFirst,
                script: script)
            try await body(server, files.certificate)
        }
    }

    @Test(
        "STARTTLS: mails go over TLS after a second EHLO",
        arguments: [TLSPolicy.offered, .required])
    func startTLS(policy: TLSPolicy) async throws {
        try await withServer { server, authority in
            try await withSMTPClient(to: server, tls: policy, caFile: authority) { client in
                for number in 1...3 { #expect(await client.post(number).isSent) }
                let offer = try await client.probe().get()
                #expect(offer.isEncrypted)
            }
            let carriers = server.heard.value.filter { !$0.texts.isEmpty }
            #expect(carriers.map(\.isEncrypted) == [true])
            // EHLO again, for what was said in the clear counts no more (RFC 3207, section 4.2).
            #expect(carriers[0].commands.count { $0.hasPrefix("EHLO") } == 2)
        }
    }

    @Test("tls=off never begins TLS")
    func offIsOff() async throws {
        try await withServer { server, authority in
            try await withSMTPClient(to: server, tls: .off, caFile: authority) { #expect(await $0.post().isSent) }
            #expect(server.heard.value.map(\.isEncrypted) == [false])
        }
    }

    @Test("smtps: TLS from the first byte")
    func fromTheFirstByte() async throws {
        try await withServer(isTLSFirst: true) { server, authority in
            try await withSMTPClient(to: server, url: "smtps://localhost:\(server.port)", caFile: authority) { client in
                for number in 1...3 { #expect(await client.post(number).isSent) }
            }
            #expect(server.heard.value.map(\.texts.count) == [3])
        }
    }

    @Test("tls=offered sends in the clear where TLS is not offered")
    func offeredMeansInTheClearWhereItIsNot() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server, tls: .offered) { client in
            for number in 1...3 { #expect(await client.post(number).isSent) }
        }
        #expect(server.heard.value.map(\.texts.count) == [3])
    }

    @Test("tls=required sends nothing in the clear")
    func requiredMeansNoMailInTheClear() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server, tls: .required) { client in
            let outcome = await client.post()
            #expect(outcome.name == "temporary")
            #expect(outcome.failure?.reason == "the server offers no STARTTLS; tls=off sends in the clear")
        }
        #expect(!server.heard.value[0].commands.contains { $0.hasPrefix("MAIL") })
    }

    /// An offer that vanishes is no reason to go without: the client has seen TLS here.
    @Test("An offer of TLS that vanishes is not taken for no offer")
    func anOfferOnceSeenIsInsistedOn() async throws {
        let stripped = Watched(false)
        let script: ScriptedSMTPServer.Script = { place in
            switch place.point {
            case .ehlo where stripped.value: .say("250 scripted.example")
            case .rest: .cut
            default: nil
            }
        }
        try await withServer(script: script) { server, authority in
            try await withSMTPClient(to: server, tls: .offered, caFile: authority) { client in
                #expect(await client.post(1).isSent)
                stripped.change { $0 = true }
                #expect(await client.post(2).name == "temporary")
            }
            #expect(server.heard.value.filter { !$0.texts.isEmpty }.map(\.isEncrypted) == [true])
        }
    }

    /// When the server begins to offer it, connections in the clear have had their day.
    @Test("Connections in the clear are closed when the server begins to offer TLS")
    func anOfferSeenLate() async throws {
        let script: ScriptedSMTPServer.Script = { place in
            place.point == .ehlo && place.connection == 1 ? .say("250 scripted.example") : nil
        }
        try await withServer(script: script) { server, authority in
            try await withSMTPClient(to: server, tls: .offered, caFile: authority) { client in
                #expect(await client.post(0).isSent)
                let sent = Watched(0)
                for number in 1...3 {
                    client.send(try email(number)) { outcome in if outcome.isSent { sent.change { $0 += 1 } } }
                }
                try await sent.wait { $0 == 3 }
                try await server.heard.wait { $0[0].isClosed }
                for number in 4...20 { #expect(await client.post(number).isSent) }
            }
            let heard = server.heard.value
            #expect(heard.filter { !$0.texts.isEmpty }.dropFirst().allSatisfy { $0.isEncrypted })
            #expect(heard.map(\.texts.count).reduce(0, +) == 21)
        }
    }

    /// An offer that the server takes back when it is accepted is no reason to go without either.
    @Test("STARTTLS that is offered and refused sends nothing in the clear")
    func offeredAndThenRefused() async throws {
        try await withServer(script: { $0.point == .starttls ? .say("454 4.7.0 TLS not available") : nil }) {
            server, authority in
            try await withSMTPClient(to: server, tls: .offered, caFile: authority) { client in
                let refusal = SMTPFailure(.starttls, code: 454, "454 4.7.0 TLS not available")
                #expect(await client.post() == .temporary(refusal))
            }
            #expect(server.heard.texts.isEmpty)
        }
    }

    // MARK: - Certificates

    @Test(
        "A certificate of an unknown authority is refused",
        arguments: [TLSPolicy.offered, .required])
    func anUnknownAuthority(policy: TLSPolicy) async throws {
        try await withServer { server, _ in
            try await withSMTPClient(to: server, tls: policy) { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary")
                #expect(outcome.failure?.stage == .starttls)
                #expect(outcome.failure?.reason.localizedCaseInsensitiveContains("certificate") == true, "\(outcome)")
            }
            #expect(server.heard.texts.isEmpty)
        }
    }

    @Test("A certificate for another name is refused")
    func anotherName() async throws {
        try await withServer(names: ["DNS:elsewhere.example"]) { server, authority in
            try await withSMTPClient(to: server, tls: .required, caFile: authority) { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary")
                #expect(outcome.failure?.reason.contains("127.0.0.1") == true, "\(outcome)")
            }
            #expect(server.heard.texts.isEmpty)
        }
    }

    @Test("smtps: a certificate of an unknown authority is refused")
    func anUnknownAuthorityFromTheFirstByte() async throws {
        try await withServer(isTLSFirst: true) { server, _ in
            try await withSMTPClient(to: server, url: "smtps://localhost:\(server.port)") { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary")
                #expect(outcome.failure?.stage == .connect)
            }
        }
    }

    /// "Go ahead", and then nothing.
    @Test("A TLS handshake that hangs ends with the time of its stage")
    func aHandshakeThatHangs() async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["STARTTLS"]) { place in
            place.point == .starttls ? .sayAndHang("220 go ahead") : nil
        }
        let clock = ManualClock()
        try await withSMTPClient(to: server, tls: .required, clock: clock) { client in
            let outcome = try await client.post(outlasting: .seconds(61), on: clock, server)
            #expect(outcome.name == "temporary")
            #expect(outcome.failure?.stage == .starttls)
        }
    }

    @Test("A file of authorities that is not there stops the start")
    func aMissingFileOfAuthorities() async throws {
        let server = try await ScriptedSMTPServer.start()
        await #expect(throws: SMTPClientError.self) {
            try await withSMTPClient(to: server, caFile: "/no/such/file") { _ in }
        }
        try await server.close()
    }

    // MARK: - AUTH

    @Test(
        "The user and the password go as the mechanism wants them, in UTF-8",
        arguments: ["PLAIN", "LOGIN"])
    func auth(mechanism: String) async throws {
        try await withServer(extensions: ["STARTTLS", "AUTH \(mechanism)"]) { server, authority in
            try await withSMTPClient(
                to: server, url: "smtp://us%40er@127.0.0.1:\(server.port)", password: "pä:ss@", tls: .required,
                caFile: authority
            ) { client in
                #expect(await client.post().isSent)
            }
            let commands = server.heard.value[0].commands
            let start = try #require(commands.firstIndex { $0.hasPrefix("AUTH") })
            let words = commands[start...].prefix { !$0.hasPrefix("MAIL") }.flatMap { $0.split(separator: " ") }
            let decoded = words.compactMap { Data(base64Encoded: String($0)) }.map {
                String(decoding: $0, as: UTF8.self)
            }
            let login = mechanism == "PLAIN" ? ["\0us@er\0pä:ss@"] : ["us@er", "pä:ss@"]
            #expect(decoded.suffix(login.count) == login[...])
        }
    }

    @Test(
        "A wrong password leaves the mail for later",
        arguments: ["PLAIN", "LOGIN"])
    func aWrongPassword(mechanism: String) async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["AUTH \(mechanism)"]) { place in
            place.point == .auth ? .say("535 5.7.8 bad credentials") : nil
        }
        try await withSMTPClient(to: server, url: "smtp://user:wrong@127.0.0.1:\(server.port)", tls: .off) { client in
            let refusal = SMTPFailure(.auth, code: 535, "535 5.7.8 bad credentials")
            #expect(await client.post() == .temporary(refusal))
        }
    }

    @Test("No password goes in the clear with tls=offered")
    func noPasswordInTheClearUnlessTold() async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["AUTH PLAIN"])
        let url = "smtp://user:secret@127.0.0.1:\(server.port)"
        try await withSMTPClient(to: server, url: url, tls: .offered) { client in
            let outcome = await client.post()
            #expect(outcome.name == "temporary")
            #expect(outcome.failure?.stage == .starttls)
        }
        #expect(server.heard.value[0].commands.map { String($0.prefix(4)) } == ["EHLO"])
    }
}
