import NIOCore
import BgdemoPipes
import Testing

@Suite("Lines out of a pipe")
struct LineReaderTests {
    @Test("Lines are read whole, however the bytes are cut", arguments: [1, 2, 3, 5, 100])
    func pieces(_ size: Int) {
        var reader = LineReader(limit: 100)
        var lines: [LineReader.Line] = []
        let bytes = Array("one\n\ntwo two\nthr".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let line = reader.next() { lines.append(line) }
        }
        #expect(lines == ["one", "", "two two"].map { .whole(ByteBuffer(string: $0)) })
        #expect(reader.rest == 3)
    }

    @Test("What is too long is passed over, and not kept", arguments: [1, 7, 10_000])
    func tooLong(_ size: Int) {
        var reader = LineReader(limit: 10)
        var lines: [LineReader.Line] = []
        let bytes = Array((String(repeating: "x", count: 5000) + "\n0123456789\n0123456789a\nok\n").utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.append(ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)]))
            while let line = reader.next() { lines.append(line) }
        }
        #expect(
            lines == [
                .tooLong(5000), .whole(ByteBuffer(string: "0123456789")), .tooLong(11),
                .whole(ByteBuffer(string: "ok")),
            ])
    }
}
