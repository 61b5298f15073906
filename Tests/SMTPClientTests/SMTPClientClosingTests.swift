import Logging
import BgdemoEmail
import BgdemoTestSupport
import Synchronization
import Testing

@testable import BgdemoSMTPClient

/// How a client ends, and what it learns of a server without a mail.
@Suite("Closing and probing the SMTP client", .timeLimit(.minutes(1)))
struct SMTPClientClosingTests {
    @Test("Closing finishes the accepted mails and accepts no more")
    func closingFinishesWhatWasTaken() async throws {
        let server = try await ScriptedSMTPServer.start()
        let sent = Atomic(0)
        try await withSMTPClient(to: server, connections: 2) { client in
            for number in 0..<50 {
                client.send(try email(number)) { if $0.isSent { sent.add(1, ordering: .relaxed) } }
            }
            await client.close(within: .seconds(30))
            #expect(sent.load(ordering: .relaxed) == 50)
            let late = await client.post()
            #expect(late.failure?.stage == .queue)
            await client.close(within: .zero)
        }
    }

    @Test("A client that is released ends its mails as temporary")
    func aReleasedClientEndsItsMails() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .rcpt ? .hang : nil }
        let told = Watched<[SendOutcome]>([])
        do {
            let client = try SMTPClient(
                server: SMTPServer(url: "smtp://127.0.0.1:\(server.port)"), from: Address("a@example.org"), backlog: 10,
                logger: Logger(label: "test"))
            client.send(try email()) { outcome in told.change { $0.append(outcome) } }
            try await server.heard.wait { $0.first?.commands.contains { $0.hasPrefix("RCPT") } == true }
        }
        try await told.wait { $0.count == 1 }
        #expect(told.value[0].name == "temporary")
        try await server.heard.wait { $0[0].isClosed }
        try await server.close()
    }

    @Test("A probe returns what the server offers")
    func aProbeSaysWhatIsOffered() async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["PIPELINING", "SIZE 5000000"])
        try await withSMTPClient(to: server) { client in
            let offer = try await client.probe().get()
            #expect(offer.banner == "220 scripted.example ESMTP")
            #expect(offer.extensions == ["PIPELINING", "SIZE 5000000"])
            #expect(offer.maximumSize == 5_000_000)
            #expect(!offer.isEncrypted)
        }
        let heard = try await server.heard.wait { $0[0].isClosed }
        #expect(heard[0].commands == ["EHLO [127.0.0.1]", "QUIT"] || heard[0].commands.first?.contains(".") == true)
    }

    @Test("A probe returns why the server refuses")
    func aProbeSaysWhyNot() async throws {
        let server = try await ScriptedSMTPServer.start { $0.point == .banner ? .sayAndCut("554 go away") : nil }
        try await withSMTPClient(to: server) { client in
            #expect(await client.probe() == .failure(SMTPFailure(.banner, code: 554, "554 go away")))
        }
    }
}
