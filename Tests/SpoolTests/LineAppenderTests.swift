import BgdemoSystemCompat
import Testing

@Suite("Lines that are appended")
struct LineAppenderTests {
    @Test("A line that was written in part is ended before the next one")
    func torn() throws {
        let (reading, writing) = try SystemFile.pipe()
        defer {
            try? reading.close()
            try? writing.close()
        }
        for end in [reading, writing] { #expect(fcntl(end.rawValue, F_SETFL, O_NONBLOCK) == 0) }
        var appender = LineAppender()
        try appender.append("first\n".utf8, to: writing)
        // A pipe takes a part of it, as a disk does that becomes full.
        let long = String(repeating: "x", count: 1 << 20) + "\n"
        #expect(throws: Errno.self) { try appender.append(long.utf8, to: writing) }
        // Nothing of this one is written.
        #expect(throws: Errno.self) { try appender.append("none\n".utf8, to: writing) }
        let part = try Self.readAll(reading)
        #expect(part.starts(with: "first\nxxx".utf8) && part.last == UInt8(ascii: "x"))
        try appender.append("next\n".utf8, to: writing)
        try appender.append("last\n".utf8, to: writing)
        #expect(String(decoding: try Self.readAll(reading), as: UTF8.self) == "\nnext\nlast\n")
    }

    /// What is in the pipe.
    private static func readAll(_ pipe: SystemFile) throws -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            do {
                let count = try unsafe bytes.withUnsafeMutableBytes { try unsafe pipe.read(into: $0) }
                all += bytes.prefix(count)
            } catch Errno.wouldBlock {
                return all
            }
        }
    }
}
