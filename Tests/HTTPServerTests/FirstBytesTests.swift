import BgdemoTestSupport
import NIOCore
import Testing

@testable import BgdemoHTTPServer

@Suite("What is no HTTP/1 is refused at its first bytes", .timeLimit(.minutes(1)))
struct FirstBytesTests {
    @Test(
        "A first byte that is not HTTP is refused at once",
        arguments: [
            // A TLS hello: record type, version, length, handshake type.
            ([0x16, 0x03, 0x01, 0x02, 0x00, 0x01], 400), ([0x16], 400),
            (Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), 505), (Array("PRI ".utf8), 505),
            (Array("EHLO localhost\r\n".utf8), 400), (Array("SSH-2.0-OpenSSH_9.2\r\n".utf8), 400),
            (Array("*1\r\n$4\r\nPING\r\n".utf8), 400), ([0x80], 400), ([0x00], 400), (Array("{\"to\"".utf8), 400),
            (Array("\u{301}".utf8), 400), (Array("GET / HTTP/3\r\n".utf8), 400), (Array("GET /\r\n".utf8), 400),
            (Array(String(repeating: "G", count: 33).utf8), 400),
        ] as [([UInt8], Int)])
    func refused(bytes: [UInt8], status: Int) throws {
        for pieces in [[bytes], bytes.map { [$0] }] {
            let (requests, problem) = DecodedRequest.reading(pieces)
            #expect(requests.isEmpty)
            #expect(problem?.status.code == status)
        }
    }

    @Test("A TLS hello is refused at once with a text that names TLS")
    func tls() async throws {
        try await withServer(Echo()) { server in
            let response = try await exchange([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00], with: server)
            #expect(response.status == 400)
            #expect(response.text.contains("without TLS"))
        }
    }

    @Test(
        "The beginning of a request is waited for",
        arguments: ["\r", "\r\n", "\r\n\r", "G", "GET", "GET ", "P", "PR", "PRI"])
    func beginning(text: String) {
        let (requests, problem) = DecodedRequest.reading([Array(text.utf8)])
        #expect(requests.isEmpty)
        #expect(problem == nil)
    }

    @Test("A header line without an end is refused when it is longer than the header may be, and no byte later")
    func endlessLine() {
        let limits = HTTPLimits()
        let head = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8)
        let line = [UInt8](repeating: 0x78, count: 9 << 20)
        let (_, problem) = DecodedRequest.reading([head + line])
        #expect(problem?.status == .headersTooLarge)
        var decoder = RequestDecoder(limits: limits)
        var taken = 0
        decoder.append(.init(bytes: head))
        #expect(throws: Problem.self) {
            _ = try decoder.next()
            while taken < line.count {
                decoder.append(.init(bytes: line[taken..<(taken + 1000)]))
                taken += 1000
                _ = try decoder.next()
            }
        }
        #expect(taken <= limits.headerBytes + 1000)
    }
}
