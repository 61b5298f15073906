import BgdemoEmail
import Foundation
import Testing

@testable import BgdemoSMTPClient

/// The login, without a socket.
@Suite("A login to the mail server")
struct SASLClientTests {
    /// What is said to a server that answers so, and how it ends.
    private func exchange(
        _ offered: String, _ replies: [Int], _ authentication: SMTPAuthentication = .automatic, user: String = "bob",
        secret: String = "secret", isToken: Bool = false, preferred: SASLMechanism? = nil
    ) throws(SMTPFailure) -> (said: [String], end: String) {
        var capabilities = SMTPCapabilities()
        capabilities.extensions = [offered]
        var client = try SASLClient(
            SMTPLogin.Credentials(user: user, secret: secret, isToken: isToken), authentication, capabilities,
            preferred: preferred)
        var said: [String] = []
        var step = client.begin()
        var left = replies[...]
        while true {
            switch step {
            case .send(let bytes):
                said.append(readable(bytes))
                guard let code = left.popFirst() else { return (said, "waits") }
                step = client.receive(SMTPReply(code: code, lines: ["text"]))
            case .loggedIn(let mechanism): return (said, mechanism.rawValue)
            case .useLibrary(let mechanisms): return (said, "library \(mechanisms.map(\.rawValue))")
            case .refused(let failure): return (said, "\(failure.code ?? 0)")
            }
        }
    }

    /// A line with what is base 64 in it decoded.
    private func readable(_ line: [UInt8]) -> String {
        String(decoding: line, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\r\n" }).map { word in
            let isMechanism = SASLMechanism(rawValue: String(word)) != nil || word == "AUTH"
            guard !isMechanism, let data = Data(base64Encoded: String(word)) else { return String(word) }
            return String(decoding: data, as: UTF8.self).replacing("\0", with: "|").replacing("\u{1}", with: "^")
        }.joined(separator: " ")
    }

    @Test("PLAIN has an initial response, and none after 501")
    func plain() throws {
        #expect(try exchange("AUTH PLAIN LOGIN", [235]) == (["AUTH PLAIN |bob|secret"], "PLAIN"))
        let (said, end) = try exchange("AUTH PLAIN LOGIN", [501, 334, 235])
        #expect(said == ["AUTH PLAIN |bob|secret", "AUTH PLAIN", "|bob|secret"] && end == "PLAIN")
    }

    @Test("LOGIN asks for both words, and has an initial response after 501")
    func login() throws {
        #expect(try exchange("AUTH LOGIN", [334, 334, 235]) == (["AUTH LOGIN", "bob", "secret"], "LOGIN"))
        #expect(try exchange("AUTH LOGIN", [501, 334, 235]).said == ["AUTH LOGIN", "AUTH LOGIN bob", "secret"])
        // Of servers from before RFC 4954.
        #expect(try exchange("AUTH=LOGIN", [334, 334, 235]).end == "LOGIN")
    }

    @Test("The next mechanism comes after a refusal of one, or of the password", arguments: [504, 534, 535, 538])
    func next(code: Int) throws {
        let (said, end) = try exchange("AUTH PLAIN LOGIN", [code, 334, 334, 235])
        #expect(said == ["AUTH PLAIN |bob|secret", "AUTH LOGIN", "bob", "secret"] && end == "LOGIN")
    }

    @Test("What this client does not speak is left to libcurl, after what it speaks")
    func library() throws {
        #expect(try exchange("AUTH GSSAPI NTLM DIGEST-MD5", []).end == "library [\"DIGEST-MD5\", \"NTLM\"]")
        #expect(try exchange("AUTH CRAM-MD5 PLAIN", [535]).end == "library [\"CRAM-MD5\"]")
        #expect(try exchange("AUTH GSSAPI", [], .only(.gssapi)).end == "library [\"GSSAPI\"]")
    }

    @Test("The error names the refused password, not the mechanism tried after it")
    func reason() throws {
        #expect(try exchange("AUTH PLAIN LOGIN", [535, 504]).end == "535")
        #expect(try exchange("AUTH PLAIN LOGIN", [504, 504]).end == "504")
        #expect(try exchange("AUTH PLAIN LOGIN", [454]).end == "454")
        #expect(try exchange("AUTH PLAIN LOGIN", [421]).end == "421")
    }

    @Test("A token goes by XOAUTH2; the refusal is asked for by an empty line")
    func token() throws {
        #expect(
            try exchange("AUTH PLAIN XOAUTH2", [235], secret: "ya29.x", isToken: true)
                == (["AUTH XOAUTH2 user=bob^auth=Bearer ya29.x^^"], "XOAUTH2"))
        #expect(
            try exchange("AUTH XOAUTH2", [334, 535], secret: "old", isToken: true)
                == (["AUTH XOAUTH2 user=bob^auth=Bearer old^^", ""], "535"))
        // Too long for one line.
        let long = try exchange(
            "AUTH XOAUTH2", [334, 235], secret: String(repeating: "t", count: 600), isToken: true)
        #expect(long.said.count == 2 && long.said[0] == "AUTH XOAUTH2" && long.end == "XOAUTH2")
    }

    @Test("A mechanism that is named is the only one, and the last that worked comes first")
    func chosen() throws {
        #expect(try exchange("AUTH PLAIN LOGIN", [334, 334, 535], .only(.login)).end == "535")
        #expect(try exchange("AUTH PLAIN LOGIN", [334, 334, 235], preferred: .login).said[0] == "AUTH LOGIN")
    }

    @Test("A server without a mechanism in common is refused, with what it offers")
    func nothingInCommon() throws {
        for (offered, authentication, reason) in [
            ("PIPELINING", .automatic, "the server offers no login; --smtp-auth none sends without one"),
            ("AUTH GSSAPI X-ODD", .automatic, "the server offers no login that this client has, but GSSAPI, X-ODD"),
            ("AUTH PLAIN", .only(.ntlm), "the server does not offer NTLM, but PLAIN"),
        ] as [(String, SMTPAuthentication, String)] {
            #expect(throws: SMTPFailure(.auth, reason)) { _ = try exchange(offered, [], authentication) }
        }
    }

    @Test("A server that challenges without an end is left")
    func challenges() throws {
        #expect(try exchange("AUTH PLAIN", Array(repeating: 334, count: 100)).end == "0")
    }

    @Test(
        "Authentication is named as mechanisms are",
        arguments: [
            ("auto", SMTPAuthentication.automatic), ("none", SMTPAuthentication.disabled), ("plain", .only(.plain)),
            ("CRAM-MD5", .only(.cramMD5)), ("xoauth2", .only(.xoauth2)),
        ])
    func names(_ text: String, _ authentication: SMTPAuthentication) {
        #expect(SMTPAuthentication(text) == authentication)
        #expect(SMTPAuthentication(text + "x") == nil)
    }
}
