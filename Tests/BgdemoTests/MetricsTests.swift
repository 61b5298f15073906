import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

/// What Prometheus itself makes of `/metrics`, of the dashboard and of the alerts.
@Suite(.timeLimit(.minutes(3)))
struct MetricsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()
    private static let strategies = ["resque", "eventr", "queuebus"]

    @Test("promtool accepts /metrics of every strategy, and each metric says what it counts", arguments: strategies)
    func exposition(strategy: String) async throws {
        try await withRedisServer { server in
            try await serve(strategy, server) { port in
                let text = try await fetch("/metrics", port: port).text
                for type in text.split(separator: "\n").filter({ $0.hasPrefix("# TYPE ") }) {
                    let name = type.split(separator: " ")[2]
                    #expect(text.contains("# HELP \(name) "), "\(name)")
                }
                let (said, status) = try await promtool(["check", "metrics"], input: text)
                #expect(said == "" && status == .exited(0), "\(said)")
            }
        }
    }

    @Test("promtool accepts the alerts, and they fire when they must")
    func alerts() async throws {
        let folder = Self.root + "/packaging/prometheus"
        for arguments in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]] {
            let (said, status) = try await promtool(arguments, folder: folder)
            #expect(said.contains("SUCCESS") && status == .exited(0), "\(said)")
        }
    }

    @Test("Each query of the dashboard and each metric of the alerts is there in a Prometheus that scrapes the program")
    func dashboard() async throws {
        let queries = try Self.queries()
        try #require(queries.count > 15)
        try await withRedisServer { server in
            try await serve("resque", server) { resque in
                try await serve("eventr", server) { eventr in
                    try await serve("queuebus", server) { queuebus in
                        try await scrape([resque, eventr, queuebus]) { port in
                            for query in queries {
                                try await waitForData(query, port) {
                                    for web in [resque, eventr, queuebus] {
                                        _ = try await fetch("/you@example.org/s/t", port: web)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    // MARK: The program and Prometheus

    private func serve(
        _ strategy: String, _ server: RedisServer, _ body: @Sendable @escaping (Int) async throws -> Void
    ) async throws {
        let arguments = ["serve", "--strategy", strategy, "--port", "0", "--redis-url", server.url]
        _ = try await withProgram(arguments) { program in
            let port = try await program.port()
            _ = try await fetch("/you@example.org/s/t", port: port)
            _ = try await program.line { $0.contains("Sent an email to you@example.org") }
            try await body(port)
        }
    }

    private func scrape(_ ports: [Int], _ body: @Sendable @escaping (Int) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bgdemo-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let targets = ports.map { "'127.0.0.1:\($0)'" }.joined(separator: ",")
        let configuration = """
            global: {scrape_interval: 200ms}
            rule_files: ['\(Self.root)/packaging/prometheus/alerts.yml']
            scrape_configs: [{job_name: bgdemo, static_configs: [{targets: [\(targets)]}]}]
            """
        try Data(configuration.utf8).write(to: URL(filePath: folder + "/prometheus.yml"))
        let port = try await freePort()
        let arguments = [
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        try await withExternalServer("prometheus", arguments, port: port) { try await body(port) }
    }

    private func waitForData(_ query: String, _ port: Int, _ makeData: () async throws -> Void) async throws {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let escaped = query.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        let deadline = ContinuousClock.now + .seconds(30)
        var said = ""
        while ContinuousClock.now < deadline {
            said = try await fetch("/api/v1/query?query=\(escaped)", port: port).text
            if said.contains(#""status":"success""#), !said.contains(#""result":[]"#) { return }
            try await makeData()
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("no data for \(query): \(said)")
    }

    /// The dashboard's queries, with an interval that a short run fills.
    private static func queries() throws -> [String] {
        struct Dashboard: Decodable {
            struct Panel: Decodable {
                struct Target: Decodable { let expr: String }
                let targets: [Target]?
            }
            let panels: [Panel]
        }
        let data = try Data(contentsOf: URL(filePath: root + "/packaging/grafana/bgdemo.json"))
        return try JSONDecoder().decode(Dashboard.self, from: data).panels.flatMap { $0.targets ?? [] }
            .map { $0.expr.replacing("$__rate_interval", with: "30s") }
    }

    private func promtool(
        _ arguments: [String], input: String = "", folder: String = root
    ) async throws -> (said: String, TerminationStatus) {
        let result = try await run(
            .name("promtool"), arguments: Arguments(arguments), workingDirectory: FilePath(folder),
            input: .string(input), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return (result.standardOutput + result.standardError, result.terminationStatus)
    }
}
