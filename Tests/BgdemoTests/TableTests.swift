import Testing

@testable import BgdemoCommandLine

@Suite("Tables in a terminal")
struct TableTests {
    private static let table = Table(
        ["queue", "length", "wait", "next"],
        [
            ["a-queue-with-a-very-long-name-that-goes-on", "2", "unknown", "SendReport"],
            ["emailQueue", "100", "0.1 s", "sendEmail"],
        ], below: ["0 of 50 workers working"])

    @Test("With room it is as wide as its cells")
    func wide() {
        let lines = Self.table.text(width: nil).split(separator: "\n")
        #expect(lines[1] == "a-queue-with-a-very-long-name-that-goes-on  2       unknown  SendReport")
        #expect(lines[2] == "emailQueue                                  100     0.1 s    sendEmail")
    }

    @Test("Without, the widest column gives way, and each column is there", arguments: [40, 58, 70])
    func narrow(width: Int) {
        let lines = Self.table.text(width: width).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= width })
        #expect(lines[0].contains("queue") && lines[0].hasSuffix("next"))
        #expect(lines[1].hasPrefix("a-queue-") && lines[1].contains("…  2       unknown  SendReport"))
        #expect(lines[2].hasSuffix("100     0.1 s    sendEmail"))
    }

    @Test("A line that is still too long is cut", arguments: [1, 10, 20])
    func tooNarrow(width: Int) {
        #expect(Self.table.text(width: width).split(separator: "\n").allSatisfy { $0.count <= width })
    }
}
