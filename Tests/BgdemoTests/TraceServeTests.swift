import BgdemoTestSupport
import Subprocess
import Testing

/// One trace from a request's `traceparent` to the mail server, in real processes and over real Redis, as a collector gets it.
@Suite(.timeLimit(.minutes(2)))
struct TraceServeTests {
    private static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let client = "00f067aa0ba902b7"

    private static let trees: [(String, [String])] = [
        ("foreground", ["SMTP send (client)"]), ("fire-and-forget", ["SMTP send (client)"]),
        ("local", ["send mails (producer)", "  process mails (consumer)", "    SMTP send (client)"]),
        ("pubsub", ["send emailz (producer)", "  process emailz (consumer)", "    SMTP send (client)"]),
        ("resque", ["send emailQueue (producer)", "  process emailQueue (consumer)", "    SMTP send (client)"]),
        (
            "eventr",
            [
                "send eventr (producer)", "  process eventr (consumer)", "    SMTP send (client)",
                "  process eventr (consumer)",
            ]
        ),
        (
            "queuebus",
            [
                "send email_requested (producer)", "  send bus_incoming (producer)",
                "    process bus_incoming (consumer)", "      create mailer_default (producer)",
                "        process mailer_default (consumer)", "          SMTP send (client)",
            ]
        ),
    ]

    @Test("A request's trace goes on to the mail server, in each strategy", arguments: trees)
    func trace(strategy: String, tree: [String]) async throws {
        let collector = try await SpanCollector()
        try await withRedisServer { redis in
            var arguments = ["serve", "--strategy", strategy, "--port", "0", "--otlp", collector.url]
            if ["pubsub", "resque", "eventr", "queuebus"].contains(strategy) {
                arguments += ["--redis-url", redis.url]
            }
            let (_, status) = try await withProgram(arguments) { program in
                let answer = try await fetch(
                    "/you@example.org/hello/it-works", port: program.port(),
                    headers: ["traceparent: 00-\(Self.traceID)-\(Self.client)-01", "tracestate: vendor=1"])
                #expect(answer.status == 200)
                _ = try await program.line { $0.contains("Sent an email to you@example.org in ") }
            }
            #expect(status == .exited(0))
        }
        let spans = try await collector.spans { $0.contains { $0.name == "SMTP send" } && $0.count > tree.count }
            .filter { $0.traceId == Self.traceID }
        let found = spans.tree(below: Self.client)
        let expected = ["GET /{to}/{subject}/{text} (server)"] + tree.map { "  " + $0 }
        #expect(found == expected, "\(found.joined(separator: "\n"))")
        print("\(strategy)\n\(found.map { "  " + $0 }.joined(separator: "\n"))")
        let server = try #require(spans.first { $0.kind == 2 })
        #expect(server.attribute("http.route") == "/{to}/{subject}/{text}")
        #expect(server.attribute("http.response.status_code") == "200")
        for span in spans where span.kind >= 4 {
            #expect(span.attribute("messaging.system") != nil)
            #expect(span.attribute("messaging.destination.name") != nil)
            #expect(span.attribute("messaging.operation.type") != nil)
        }
    }

    @Test(
        "The attempts of a mail are one trace; each is linked with the one before it",
        arguments: ["resque", "pubsub", "local", "eventr", "queuebus"])
    func retries(strategy: String) async throws {
        let collector = try await SpanCollector()
        try await withRedisServer { redis in
            let arguments = [
                "serve", "--strategy", strategy, "--port", "0", "--redis-url", redis.url, "--otlp", collector.url,
                "--attempts", "2", "--retry-delay", "10ms",
            ]
            _ = try await withProgram(arguments) { program in
                _ = try await fetch(
                    "/fail-450@example.org/s/t", port: program.port(),
                    headers: ["traceparent: 00-\(Self.traceID)-\(Self.client)-01"])
                _ = try await collector.spans { $0.count { $0.isFailedAttempt } == 2 }
            }
        }
        let attempts = collector.spans.filter(\.isFailedAttempt).sorted { $0.startTimeUnixNano < $1.startTimeUnixNano }
        try #require(attempts.count == 2)
        #expect(attempts.allSatisfy { $0.traceId == Self.traceID })
        #expect(attempts[0].parentSpanId == attempts[1].parentSpanId)
        #expect(attempts[0].links == nil)
        #expect(attempts[1].links?.map(\.spanId) == [attempts[0].spanId])
    }

    @Test("A collector that is away holds up nothing; what it did not get is counted and said")
    func away() async throws {
        let arguments = ["serve", "--port", "0", "--otlp", "http://127.0.0.1:9"]
        let (lines, status) = try await withProgram(arguments) { program in
            #expect(try await fetch("/you@example.org/s/t", port: program.port()).status == 200)
            try program.signal(.terminate)
            try await program.end(within: .seconds(10))
            return program.lines
        }
        #expect(status == .exited(0))
        #expect(lines.contains { $0.contains("Spans were not exported") && $0.contains("spans=2") }, "\(lines)")
    }

    @Test("Of traces that begin here so many a second are exported; those of clients that trace all are")
    func rate() async throws {
        let collector = try await SpanCollector()
        let arguments = ["serve", "--port", "0", "--otlp", collector.url, "--otlp-rate", "0.01"]
        _ = try await withProgram(arguments) { program in
            let port = try await program.port()
            for _ in 0..<5 { _ = try await fetch("/you@example.org/s/t", port: port) }
            let parent = ["traceparent: 00-\(Self.traceID)-\(Self.client)-01"]
            for _ in 0..<5 { _ = try await fetch("/you@example.org/s/t", port: port, headers: parent) }
        }
        let servers = try await collector.spans { $0.filter { $0.kind == 2 }.count >= 6 }.filter { $0.kind == 2 }
        #expect(servers.filter { $0.traceId == Self.traceID }.count == 5)
        #expect(servers.count == 6)
    }

    @Test("A URL that is none is refused")
    func invalid() async throws {
        let (lines, status) = try await withProgram(["serve", "--port", "0", "--otlp", "collector:4318"]) { program in
            try await program.end()
            return program.lines
        }
        #expect(status == .exited(64))
        #expect(lines.contains { $0.contains("--otlp is not a URL") }, "\(lines)")
    }
}
