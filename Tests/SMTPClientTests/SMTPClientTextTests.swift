import BgdemoEmail
import BgdemoSMTPClient
import BgdemoTestSupport
import Testing

/// What goes over the wire is the message, whole, and nothing else.
@Suite("The text on the wire", .timeLimit(.minutes(1)))
struct SMTPClientTextTests {
    @Test(
        "Dots at line starts arrive as they were sent",
        arguments: [
            ".", "..", ".\n.\n.", ".\r\n.\r\n", "\n.\n", "a\n.\nQUIT\n", ".a\n..b\n...c",
            "line\r\n.\r\nMAIL FROM:<x@y>\r\n",
        ])
    func dots(text: String) async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(1, text: text).isSent)
            #expect(await client.post(2).isSent)
        }
        #expect(server.heard.value.count == 1)
        #expect(server.heard.value[0].commands.count { $0.hasPrefix("MAIL") } == 2)
        let received = try body(server.heard.texts[0])
        #expect(received == canonical(text))
    }

    /// Sizes around those of buffers, with and without a last line end: libcurl once lost the end of such.
    @Test(
        "Texts of the sizes of buffers arrive whole",
        arguments: [1024, 4096, 16_384, 65_536])
    func sizesAroundBuffers(size: Int) async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { client in
            let overhead = MIMEMessage(try email(0, text: "x"), from: try Address("sender@example.org")).bytes.count
            for difference in -2...2 {
                for end in ["", "\n"] {
                    let count = size - overhead + difference
                    let line = String(repeating: "0123456789", count: 7) + "\n"
                    let text = String(String(repeating: line, count: count / 70 + 1).prefix(max(1, count))) + end
                    #expect(await client.post(text: text).isSent)
                    let received = try body(server.heard.texts.last ?? [])
                    #expect(received == canonical(text))
                }
            }
        }
        #expect(server.heard.value.count == 1)
    }

    @Test("The longest text arrives whole")
    func theLongestText() async throws {
        let server = try await ScriptedSMTPServer.start()
        let long = String(repeating: "0123456789.\n", count: Email.maximumTextBytes / 12)
        try await withSMTPClient(to: server) { #expect(await $0.post(text: long).isSent) }
        let received = try body(server.heard.texts[0])
        #expect(received == canonical(long))
    }

    /// No line of the wire has a bare CR or LF, so that no server can find another end of the text than we.
    @Test("Every line on the wire ends with CRLF")
    func everyLineEndsWithCRLF() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(text: "a\n.\nb\r.\rc\r\n.\n\r.\r\n\n.\r").isSent)
        }
        let text = server.heard.texts[0]
        for (place, byte) in text.enumerated() {
            if byte == 0x0a { #expect(place > 0 && text[place - 1] == 0x0d) }
            if byte == 0x0d { #expect(place + 1 < text.count && text[place + 1] == 0x0a) }
        }
    }

    // MARK: - The envelope

    @Test("MAIL and RCPT have the addresses and parameters that the server offers")
    func theEnvelope() async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["SIZE 20000", "SMTPUTF8", "8BITMIME"])
        try await withSMTPClient(to: server) { client in
            #expect(await client.post(to: "\"a > b\"@example.org").isSent)
            #expect(await client.post(to: "jörg@bücher.example").isSent)
        }
        let commands = server.heard.value[0].commands
        #expect(commands[1].wholeMatch(of: /MAIL FROM:<sender@example.org> SIZE=\d+/) != nil)
        #expect(commands[2] == "RCPT TO:<\"a > b\"@example.org>")
        #expect(commands[4].hasSuffix(" BODY=8BITMIME SMTPUTF8"))
        #expect(commands[5] == "RCPT TO:<jörg@xn--bcher-kva.example>")
    }

    @Test("A local part beyond ASCII is permanent without SMTPUTF8")
    func lettersBeyondASCIIWithoutSMTPUTF8() async throws {
        let server = try await ScriptedSMTPServer.start()
        try await withSMTPClient(to: server) { client in
            let outcome = await client.post(to: "jörg@example.org")
            #expect(outcome.name == "permanent")
            #expect(outcome.failure?.reason.contains("SMTPUTF8") == true)
            // The domain alone needs none.
            #expect(await client.post(to: "joerg@bücher.example").isSent)
        }
        #expect(server.heard.value[0].commands.count { $0.hasPrefix("MAIL") } == 1)
    }

    @Test("A message larger than SIZE is permanent and not sent")
    func largerThanTheServerTakes() async throws {
        let server = try await ScriptedSMTPServer.start(extensions: ["SIZE 1000"])
        try await withSMTPClient(to: server) { client in
            let outcome = await client.post(text: String(repeating: "x", count: 2000))
            #expect(outcome.name == "permanent")
            #expect(outcome.failure?.code == nil)
            #expect(await client.post().isSent)
        }
    }

    private func canonical(_ text: String) -> String {
        text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").replacing("\n", with: "\r\n")
    }

    /// The text in a message from the wire: dots unstuffed, quoted-printable decoded.
    private func body(_ wire: [UInt8]) throws -> String {
        let message = String(decoding: wire, as: UTF8.self)
        let start = try #require(message.firstRange(of: "\r\n\r\n"))
        var bytes: [UInt8] = []
        var lines = message[start.upperBound...].split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        // The last line's end is the message's, no line of its own.
        lines.removeLast()
        for (place, line) in lines.enumerated() {
            var rest = line.utf8[...]
            if rest.first == 0x2e { rest.removeFirst() }
            var isSoft = false
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                isSoft = rest.isEmpty
                if !isSoft {
                    bytes.append(try #require(UInt8(Substring(rest.prefix(2)), radix: 16)))
                    rest = rest.dropFirst(2)
                }
            }
            if !isSoft, place < lines.count { bytes.append(contentsOf: [0x0d, 0x0a]) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
