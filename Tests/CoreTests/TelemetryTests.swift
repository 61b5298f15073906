import Foundation
import Logging
import Metrics
import BgdemoTelemetry
import Testing

@Suite struct TelemetryTests {
    @Test("Meters are one family a label, one line a set of dimensions")
    func prometheus() {
        let metrics = PrometheusMetricsFactory()
        Counter(label: "b_total", dimensions: [("status", "200")], factory: metrics).increment(by: 2)
        Counter(label: "b_total", dimensions: [("status", "200")], factory: metrics).increment()
        Counter(label: "b_total", dimensions: [("status", "503")], factory: metrics).increment()
        Gauge(label: "a", factory: metrics).record(7)
        let timer = Timer(label: "c_seconds", factory: metrics)
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(400_000_000_000)
        let lines = metrics.text().split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(5) == [
                "# TYPE a gauge", "a 7.0", "# TYPE b_total counter", "b_total{status=\"200\"} 3",
                "b_total{status=\"503\"} 1",
            ])
        #expect(lines.contains("c_seconds_bucket{le=\"0.001\"} 0"))
        #expect(lines.contains("c_seconds_bucket{le=\"0.0025\"} 1"))
        #expect(lines.contains("c_seconds_bucket{le=\"300.0\"} 1"))
        #expect(lines.contains("c_seconds_bucket{le=\"+Inf\"} 2"))
        #expect(lines.contains("c_seconds_count 2"))
    }

    @Test("A value of a dimension can't break out of its quotes")
    func escapes() {
        let metrics = PrometheusMetricsFactory()
        Counter(label: "a_total", dimensions: [("x", "a\"b\\c\nd")], factory: metrics).increment()
        #expect(metrics.text().contains(#"a_total{x="a\"b\\c\nd"} 1"#))
    }

    @Test("One event is one line, whatever a server said")
    func lines() throws {
        let text = try logged(.text)
        #expect(text.hasSuffix(" warning said \\\"hi\\\"\\r\\nthere a=plain b=\"two words\" c=x\\ny"), "\(text)")
        let json = try JSONDecoder().decode([String: String].self, from: Data(logged(.json).utf8))
        #expect(json["message"] == "said \"hi\"\r\nthere")
        #expect(json["level"] == "warning")
        #expect(json["c"] == "x\ny")
        #expect(json["time"]?.hasSuffix("Z") == true)
    }

    @Test("Foreign text in a line moves no cursor and turns no words", arguments: [LogFormat.text, .json])
    func terminal(_ format: LogFormat) throws {
        let line = try logged(format, "é \u{1b}[31m\u{9b}\u{202e}\u{2028}\u{200b} \"x\"", ["d": "\u{1b}"])
        #expect(line.contains(#"é \u001b[31m\u009b\u202e\u2028\u200b \"x\""#), "\(line)")
        #expect(line.contains(format == .json ? #""d":"\u001b""# : #" d=\u001b"#), "\(line)")
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x9b })
        #expect(try logged(.text, "é \"x\" \\", [:]).hasSuffix("é \"x\" \\ a=plain"))
    }

    @Test("What a slow reader lost is told in lines of the same form", .timeLimit(.minutes(1)))
    func drops() async throws {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor, format: .json)
        let line = #"{"x":"\#(String(repeating: "x", count: 1 << 20))"}"#
        for _ in 0..<20 { writer.write(line) }
        // Nobody reads: it does not wait for ever.
        writer.flush(within: .milliseconds(10))
        let reading = Task.detached { try pipe.fileHandleForReading.readToEnd() ?? Data() }
        writer.flush(within: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let lines = try await reading.value.split(separator: UInt8(ascii: "\n"))
        let last = try JSONDecoder().decode([String: String].self, from: try #require(lines.last))
        #expect(last["level"] == "warning")
        #expect(last["message"] == "\(20 - lines.count + 1) log lines were dropped: their reader was too slow")
        #expect(lines.count > 8 && lines.count < 20)
    }

    private func logged(
        _ format: LogFormat, _ message: String = "said \"hi\"\r\nthere",
        _ metadata: Logger.Metadata = ["b": "two words", "c": "x\ny"]
    ) throws -> String {
        let pipe = Pipe()
        let writer = LogWriter(descriptor: pipe.fileHandleForWriting.fileDescriptor, format: format)
        var logger = Logger(label: "test") { _ in LineLogHandler(format, level: .info, writer: writer) }
        logger[metadataKey: "a"] = "plain"
        logger.debug("not shown")
        logger.warning("\(message)", metadata: metadata)
        writer.flush()
        try pipe.fileHandleForWriting.close()
        let all = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let lines = all.split(separator: "\n")
        try #require(lines.count == 1, "\(all)")
        return String(lines[0])
    }
}
