import NIOCore
import Testing

@testable import BgdemoBenchmarking

@Suite struct ResponseReaderTests {
    /// The statuses that are read if the bytes come `step` at a time; nil for what is not HTTP.
    private func statuses(_ text: String, step: Int) -> [String]? {
        var reader = ResponseReader()
        var input = ByteBuffer()
        var found: [String] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            input.writeBytes(rest.prefix(step))
            rest = rest.dropFirst(step)
            reading: while true {
                switch reader.next(&input) {
                case .needsMore: break reading
                case .answer(let status, let keepsAlive): found.append("\(status)\(keepsAlive ? "" : " close")")
                case .broken: return nil
                }
            }
        }
        if let status = reader.statusAtEnd { found.append("\(status) end") }
        return found
    }

    @Test(
        "Statuses are read however the bytes are split",
        arguments: [
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 503 Full\r\ncontent-length:0\r\n\r\n",
                ["200", "503"]
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n", ["200"]),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nConnection: Close\r\nContent-Length: 1\r\n\r\na",
                ["201 close"]
            ),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ["200 close"]),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", ["200"]),
            ("HTTP/1.1 204 None\r\n\r\nHTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", ["204", "304"]),
            ("HTTP/1.1 200 OK\n\nto the end", ["200 end"]),
        ])
    func readable(text: String, expected: [String]) {
        for step in [1, 2, 7, 1000] { #expect(statuses(text, step: step) == expected) }
    }

    @Test(
        "What is not HTTP is reported",
        arguments: [
            "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        ])
    func broken(text: String) {
        #expect(statuses(text, step: 1) == nil)
    }
}
