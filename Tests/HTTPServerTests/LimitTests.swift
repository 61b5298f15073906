import BgdemoTestSupport
import NIOCore
import Testing

@testable import BgdemoHTTPServer

@Suite("A limit holds to the byte, however the bytes come", .timeLimit(.minutes(1)))
struct LimitTests {
    private static let limits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.target = 64
        limits.headerBytes = 128
        limits.headerCount = 4
        limits.body = 16
        return limits
    }()

    @Test("Chunks whose sizes and line ends take more than the body may are 413")
    func framing() throws {
        var limits = HTTPLimits()
        limits.body = 100_000
        for (count, isTaken) in [(20_000, true), (40_000, false)] {
            var decoder = RequestDecoder(limits: limits)
            let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            let body = String(repeating: "1\r\na\r\n", count: count) + "0\r\n\r\n"
            decoder.append(ByteBuffer(string: head + body))
            do throws(Problem) {
                guard case .request(let request) = try decoder.next() else {
                    Issue.record("no request")
                    continue
                }
                #expect(isTaken && request.body.readableBytes == count)
            } catch {
                #expect(!isTaken && error.status.code == 413)
            }
        }
    }

    @Test("A target past its limit is 414")
    func target() {
        for method in ["GET", "OPTIONS", String(repeating: "M", count: 32)] {
            let good = "\(method) /\(String(repeating: "x", count: 63)) HTTP/1.1\r\nHost: a\r\n\r\n"
            check(good, nil)
            check(good.replacing("/x", with: "/xx"), 414)
        }
        check("GET /" + String(repeating: "x", count: 200), 414)
        check(String(repeating: "x", count: 200), 414, wholeOnly: true)
    }

    @Test("Header fields past their bytes are 431")
    func headerBytes() {
        let good = "GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 114))\r\n\r\n"
        check(good, nil)
        check(good.replacing("X: x", with: "X: xx"), 431)
        check("GET / HTTP/1.1\r\nX: " + String(repeating: "x", count: 200), 431)
    }

    @Test("Header fields past their number are 431")
    func headerCount() {
        check("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X:\r\n", count: 3) + "\r\n", nil)
        check("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X:\r\n", count: 4) + "\r\n", 431)
    }

    @Test("A body past its limit is 413")
    func body() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        check(head + "Content-Length: 16\r\n\r\n0123456789abcdef", nil)
        check(head + "Content-Length: 17\r\n\r\n", 413)
        let chunked = head + "Transfer-Encoding: chunked\r\n\r\n"
        check(chunked + "10\r\n0123456789abcdef\r\n0\r\n\r\n", nil)
        check(chunked + "8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", nil)
        check(chunked + "11\r\n", 413)
        check(chunked + "8\r\n01234567\r\n9\r\n", 413)
    }

    @Test("Chunk lines and trailers past their limits are 400")
    func chunkLines() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        check(head + "1;\(String(repeating: "x", count: 252))\r\nx\r\n0\r\n\r\n", nil)
        check(head + "1;\(String(repeating: "x", count: 253))\r\nx\r\n0\r\n\r\n", 400)
    }

    private func check(_ text: String, _ status: Int?, wholeOnly: Bool = false) {
        let bytes = Array(text.utf8)
        for pieces in wholeOnly ? [[bytes]] : [[bytes], bytes.map { [$0] }] {
            let (requests, problem) = DecodedRequest.reading(pieces, limits: Self.limits)
            #expect(problem?.status.code == status, "\(text)")
            #expect(requests.count == (status == nil ? 1 : 0), "\(text)")
        }
    }
}
