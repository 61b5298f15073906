import BgdemoTestSupport
import Testing

@testable import BgdemoSMTPClient

@Suite("The name in EHLO", .timeLimit(.minutes(1)))
struct ClientHostNameTests {
    @Test(
        "A full name is one that servers take",
        arguments: [
            ("web1.example.org", true), ("a.b", true), ("web-1.xn--bcher-kva.example", true), ("web1", false),
            ("", false),
            ("localhost.localdomain", false), ("app.localhost", false), ("web_1.example.org", false),
            ("-a.example", false),
            ("a-.example", false), ("a..b", false), ("a.b.", false), ("192.0.2.1", false), ("a.example 220", false),
            (String(repeating: "a", count: 64) + ".example", false),
        ])
    func full(_ name: String, _ isFull: Bool) {
        #expect(ClientHostName.isFull(name) == isFull)
    }

    @Test(
        "An address is written as a literal without its interface",
        arguments: [
            ("192.0.2.1", "[192.0.2.1]"), ("2001:db8::1", "[IPv6:2001:db8::1]"), ("fe80::1%eth0", "[IPv6:fe80::1]"),
            ("", "[127.0.0.1]"),
        ])
    func literal(_ address: String, _ literal: String) {
        #expect(ClientHostName.literal(address) == literal)
    }

    @Test(
        "A configured name or literal is used in EHLO",
        arguments: ["web1.example.org", "[192.0.2.9]", "[IPv6:2001:db8::1]", "short"])
    func set(_ name: String) async throws {
        let server = try await ScriptedSMTPServer.start()
        let target = try SMTPServer(url: "smtp://127.0.0.1:\(server.port)/other.example", clientName: name)
        try await withSMTPClient(to: server, target: target) { #expect(await $0.post().isSent) }
        #expect(server.heard.value[0].commands.first == "EHLO \(name)")
    }

    @Test(
        "A name that would be a second command is refused",
        arguments: ["a b", "a\r\nQUIT", "", "[]", "a]", "[a", "a/b", "a%20b"])
    func refused(_ name: String) {
        #expect(throws: InvalidSMTPURL.self) { try SMTPServer(url: "smtp://host", clientName: name) }
    }

    @Test("Without a setting it is this machine's full name, else the address of the connection")
    func automatic() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { #expect(await $0.post().isSent) }
        #expect(server.heard.value[0].commands.first == "EHLO \(ClientHostName.full() ?? "[127.0.0.1]")")
    }
}
