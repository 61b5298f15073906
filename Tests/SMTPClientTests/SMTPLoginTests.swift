import BgdemoEmail
import BgdemoTestSupport
import Foundation
import Logging
import Synchronization
import Testing

@testable import BgdemoSMTPClient

/// Logins to a server that behaves as real ones do.
@Suite("Logins to the mail server", .timeLimit(.minutes(1)))
struct SMTPLoginTests {
    /// A client with a user, to a server that offers `mechanisms`.
    private func login(
        _ mechanisms: String?, _ secret: SMTPServer.Secret = .password("secret"),
        authentication: SMTPAuthentication = .automatic, logger: Logger? = nil,
        script: @escaping ScriptedSMTPServer.Script = { _ in nil },
        _ body: (SMTPClient, ScriptedSMTPServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedSMTPServer.start(
            extensions: mechanisms.map { ["AUTH \($0)"] } ?? [], script: script)
        let target = try SMTPServer(
            url: "smtp://bob@127.0.0.1:\(server.port)", secret: secret, tls: .off, authentication: authentication)
        try await withSMTPClient(to: server, target: target, logger: logger) { try await body($0, server) }
    }

    private func commands(_ server: ScriptedSMTPServer, _ connection: Int = 0) -> [String] {
        server.heard.value[connection].commands.prefix { !$0.hasPrefix("MAIL") }.dropFirst().map { String($0) }
    }

    @Test(
        "A refused mechanism is followed by the next, and the one that worked comes first from then on",
        arguments: [504, 534, 535])
    func next(code: Int) async throws {
        let script: ScriptedSMTPServer.Script = { place in
            switch place.point {
            case .auth where place.line.hasPrefix("AUTH PLAIN"): .say("\(code) 5.7.8 not so")
            case .rest: .cut
            default: nil
            }
        }
        try await login("PLAIN LOGIN", script: script) { client, server in
            #expect(await client.post(1).isSent)
            #expect(await client.post(2).isSent)
            #expect(commands(server).first?.hasPrefix("AUTH PLAIN ") == true)
            #expect(commands(server).dropFirst().first == "AUTH LOGIN")
            #expect(commands(server, 1).first == "AUTH LOGIN")
        }
    }

    @Test("A server that takes no initial response gets none")
    func noInitialResponse() async throws {
        let script: ScriptedSMTPServer.Script = { place in
            place.point == .auth && place.line.hasPrefix("AUTH PLAIN ") ? .say("501 5.5.4 no initial response") : nil
        }
        try await login("PLAIN", script: script) { client, server in
            #expect(await client.post().isSent)
            #expect(commands(server).dropFirst().first == "AUTH PLAIN")
        }
    }

    @Test("What this client does not speak libcurl does", arguments: ["CRAM-MD5", "GSSAPI CRAM-MD5 X-OTHER"])
    func library(mechanisms: String) async throws {
        try await login(mechanisms) { client, server in
            for number in 1...3 { #expect(await client.post(number).isSent) }
            let heard = server.heard.value
            // One connection to see what is offered, and one that carries the mails.
            #expect(heard.map(\.texts.count) == [0, 3])
            #expect(heard[1].commands.contains("AUTH CRAM-MD5"))
        }
    }

    @Test("Connections that were opened at once are each logged in, by this client or by libcurl")
    func libraryAtOnce() async throws {
        try await login("CRAM-MD5") { client, server in
            let outcomes = await withTaskGroup(of: SendOutcome.self) { group in
                for number in 1...8 { group.addTask { await client.post(number) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count == 8 && outcomes.allSatisfy(\.isSent))
            let carrying = server.heard.value.filter { !$0.texts.isEmpty }
            #expect(carrying.allSatisfy { $0.commands.contains("AUTH CRAM-MD5") }, "\(carrying.map(\.commands))")
        }
    }

    @Test("libcurl's login that is refused is temporary, and the client's own comes first again after it")
    func libraryRefused() async throws {
        let script: ScriptedSMTPServer.Script = { $0.point == .auth ? .say("535 5.7.8 wrong") : nil }
        try await login("CRAM-MD5", script: script) { client, _ in
            for number in 1...2 {
                let outcome = await client.post(number)
                #expect(outcome == .temporary(SMTPFailure(.auth, code: 535, "535 5.7.8 wrong")))
            }
        }
    }

    @Test("A server without a login in common is refused, unless told that none is wanted")
    func nothingInCommon() async throws {
        for (offered, reason) in [
            (nil, "the server offers no login; --smtp-auth none sends without one"),
            ("GSSAPI", "the server offers no login that this client has, but GSSAPI"),
        ] {
            try await login(offered) { client, server in
                #expect(await client.post() == .temporary(SMTPFailure(.auth, reason)))
                #expect(!server.heard.value[0].commands.contains { $0.hasPrefix("MAIL") })
            }
            try await login(offered, authentication: .disabled) { client, _ in #expect(await client.post().isSent) }
        }
    }

    @Test("A password that was replaced in its file is used without a restart; the refusals are logged once")
    func replacedPassword() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "password")
            try Data("old\n".utf8).write(to: file)
            let good = Data("\0bob\0new".utf8).base64EncodedString()
            let script: ScriptedSMTPServer.Script = { place in
                place.point == .auth && !place.line.hasSuffix(good) ? .say("535 5.7.8 wrong") : nil
            }
            let log = Watched<[String]>([])
            let logger = Logger(label: "test") { _ in RecordingLogHandler(log) }
            try await login("PLAIN", .passwordFile(file.path), logger: logger, script: script) { client, _ in
                for number in 1...5 {
                    #expect(await client.post(number) == .temporary(SMTPFailure(.auth, code: 535, "535 5.7.8 wrong")))
                }
                #expect(client.sessionFailure?.code == 535)
                try Data("new\n".utf8).write(to: file)
                for number in 1...3 { #expect(await client.post(number).isSent) }
                #expect(client.sessionFailure == nil)
                try FileManager.default.removeItem(at: file)
            }
            #expect(
                log.value == [
                    "The mail server can't be used",
                    "The mail server can be used again",
                ])
        }
    }

    @Test("A password file that can't be read leaves the mails for later")
    func missingFile() async throws {
        try await login("PLAIN", .passwordFile("/no/such/file")) { client, _ in
            let reason = "SMTP_PASSWORD_FILE: the file /no/such/file can't be read"
            #expect(await client.post() == .temporary(SMTPFailure(.auth, reason)))
        }
    }

    @Test("A token goes by XOAUTH2")
    func token() async throws {
        try await login("PLAIN XOAUTH2", .token("ya29")) { client, server in
            #expect(await client.post().isSent)
            let wanted = Data("user=bob\u{1}auth=Bearer ya29\u{1}\u{1}".utf8).base64EncodedString()
            #expect(commands(server) == ["AUTH XOAUTH2 \(wanted)"])
        }
        #expect(throws: InvalidSMTPURL.self) {
            try SMTPServer(url: "smtp://bob@host", secret: .password("x"), authentication: .only(.xoauth2))
        }
    }
}

/// Keeps the messages of level notice and above.
private struct RecordingLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice
    private let messages: Watched<[String]>

    init(_ messages: Watched<[String]>) { self.messages = messages }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { messages.change { $0.append("\(event.message)") } }
}
