import Testing

@testable import BgdemoHTTPServer

@Suite struct LinearHeadTests {
    @Test(
        "A head of combining marks is read in linear time, whatever its field",
        arguments: [
            "Host", "Connection", "Expect", "Transfer-Encoding", "Content-Length", "Content-Type", "Accept", "Origin",
            "Referer", "Sec-Purpose", "Sec-Fetch-Site", "Authorization", "Idempotency-Key", "X",
        ])
    func field(name: String) {
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 4000)
        let host = name == "Host" ? "" : "Host: a\r\n"
        let head = Array("POST / HTTP/1.1\r\n\(host)\(name): \(marks)\r\n\r\n".utf8)
        let time = ContinuousClock().measure {
            for _ in 0..<20 { _ = DecodedRequest.reading([head]) }
        }
        #expect(time < .seconds(2), "\(time)")
    }

    @Test("So is a target, and one in absolute form")
    func target() {
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 2000)
        let time = ContinuousClock().measure {
            for target in ["*\(marks)", "/\(marks)", "http://\(marks)/", "http://a/\(marks)", marks] {
                for _ in 0..<20 {
                    _ = DecodedRequest.reading([Array("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)])
                }
            }
        }
        #expect(time < .seconds(2), "\(time)")
    }
}
