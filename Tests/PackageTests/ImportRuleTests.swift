import Foundation
import Testing

/// The module graph of Package.swift, and the imports that it must not have.
@Suite struct ImportRuleTests {
    @Test("Package.swift keeps each rule about imports")
    func package() async throws {
        let graph = ModuleGraph(try await PackageDump.current())
        try #require(graph.modules.count > 20)
        for rule in ImportRule.all { #expect(rule.violations(in: graph) == [], "\(rule.sentence)") }
    }

    @Test(
        "A forbidden import is found wherever it is put in",
        arguments: [
            ("BgdemoFoundations", "BgdemoSystemCompat"), ("BgdemoSystemCompat", "BgdemoFoundations"),
            ("BgdemoRubyRegex", "RedisClient"), ("Resque", "BgdemoEmail"), ("Eventr", "BgdemoCore"),
            ("QueueBus", "BgdemoTelemetry"), ("RedisClient", "BgdemoPrivateRedis"), ("RedisClient", "BgdemoHTTPServer"),
            ("BgdemoNetSupport", "BgdemoEmail"), ("BgdemoEmail", "BgdemoSMTPClient"),
            ("BgdemoHTTPServer", "BgdemoEmail"),
            ("BgdemoHTTPServer", "BgdemoCore"), ("BgdemoSMTPInbox", "BgdemoCore"),
            ("BgdemoSMTPInbox", "BgdemoFireAndForget"), ("BgdemoSMTPClient", "BgdemoCore"),
            ("BgdemoCore", "Resque"), ("BgdemoCore", "BgdemoHTTPServer"), ("BgdemoMailAPI", "BgdemoForeground"),
            ("BgdemoBenchmarking", "BgdemoLocal"), ("BgdemoCommandLine", "BgdemoLocal"),
            ("BgdemoForeground", "BgdemoPipes"),
            ("BgdemoEventr", "BgdemoResque"),
            ("BgdemoTelemetry", "BgdemoSpool"), ("BgdemoResque", "BgdemoPrivateRedis"), ("BgdemoEmail", "BgdemoCCurl"),
            ("Resque", "BgdemoCHiredis"), ("Resque", "RedisTesting"), ("QueueBus", "BgdemoLua"),
            ("BgdemoBenchmarking", "bgdemo"), ("BgdemoBenchmarking", "BgdemoCommandLine"),
        ])
    func forbiddenImport(from: String, to: String) async throws {
        var graph = Self.sound
        try #require(graph.modules[from] != nil && graph.modules[to] != nil)
        graph.modules[from]?.imports.insert(to)
        let found = ImportRule.all.flatMap { $0.violations(in: graph) }
        #expect(found.contains { $0.hasPrefix("\(from) → \(to)") }, "\(found)")
    }

    @Test("A forbidden import is found behind another module")
    func indirectImport() {
        var graph = Self.sound
        graph.modules["Between"] = ModuleGraph.Module("Between", in: "Sources/Foundations", imports: ["BgdemoEmail"])
        graph.modules["Resque"]?.imports.insert("Between")
        let found = ImportRule.all.flatMap { $0.violations(in: graph) }
        #expect(found.contains("Resque → Between → BgdemoEmail"))
    }

    @Test("The graph that the forbidden imports are put into keeps each rule", arguments: ImportRule.all)
    func soundGraph(rule: ImportRule) {
        #expect(rule.violations(in: Self.sound) == [])
    }

    @Test("ARCHITECTURE.md has each rule", arguments: ImportRule.all)
    func isTold(rule: ImportRule) throws {
        let page = try String(contentsOfFile: PackageDump.root + "/ARCHITECTURE.md", encoding: .utf8)
        #expect(page.split(separator: "\n").contains { $0.contains(rule.sentence) })
    }

    /// A small package of the same shape as this one.
    private static let sound = ModuleGraph([
        .init("BgdemoFoundations", in: "Sources/Foundations"), .init("BgdemoSystemCompat", in: "Sources/SystemCompat"),
        .init("BgdemoNetSupport", in: "Sources/NetSupport", imports: ["BgdemoFoundations", "BgdemoSystemCompat"]),
        .init("BgdemoCCurl", in: "Sources/CCurl"), .init("BgdemoCHiredis", in: "Sources/CHiredis"),
        .init("BgdemoRubyRegex", in: "Sources/RubyRegex"),
        .init("RedisClient", in: "Sources/RedisClient", imports: ["BgdemoCHiredis", "BgdemoNetSupport"]),
        .init("Resque", in: "Sources/Resque", imports: ["RedisClient"]),
        .init("Eventr", in: "Sources/Eventr", imports: ["RedisClient"]),
        .init("QueueBus", in: "Sources/QueueBus", imports: ["Resque", "BgdemoRubyRegex"]),
        .init("BgdemoLua", in: "Sources/Lua", imports: ["BgdemoFoundations"]),
        .init("RedisTesting", in: "Sources/RedisTesting", imports: ["RedisClient", "BgdemoLua"]),
        .init("BgdemoEmail", in: "Sources/Email", imports: ["BgdemoFoundations"]),
        .init("BgdemoSMTPClient", in: "Sources/SMTPClient", imports: ["BgdemoEmail", "BgdemoCCurl"]),
        .init("BgdemoHTTPServer", in: "Sources/HTTPServer", imports: ["BgdemoNetSupport"]),
        .init("BgdemoSMTPInbox", in: "Sources/SMTPInbox", imports: ["BgdemoEmail", "BgdemoHTTPServer"]),
        .init("BgdemoTelemetry", in: "Sources/Telemetry", imports: ["BgdemoFoundations"]),
        .init("BgdemoCore", in: "strategies/Core", imports: ["BgdemoEmail"]),
        .init("BgdemoMailAPI", in: "Sources/MailAPI", imports: ["BgdemoCore", "BgdemoHTTPServer"]),
        .init("BgdemoPipes", in: "strategies/Local/Pipes", imports: ["BgdemoCore"]),
        .init("BgdemoSpool", in: "strategies/Local/Spool", imports: ["BgdemoPipes"]),
        .init("BgdemoLocal", in: "strategies/Local", imports: ["BgdemoSpool", "BgdemoHTTPServer"]),
        .init("BgdemoForeground", in: "strategies/Foreground", imports: ["BgdemoCore"]),
        .init("BgdemoFireAndForget", in: "strategies/FireAndForget", imports: ["BgdemoCore"]),
        .init("BgdemoResque", in: "strategies/Resque", imports: ["BgdemoCore", "Resque"]),
        .init("BgdemoEventr", in: "strategies/Eventr", imports: ["BgdemoCore", "Eventr"]),
        .init("BgdemoPrivateRedis", in: "Sources/PrivateRedis", imports: ["RedisClient"]),
        .init("BgdemoBenchmarking", in: "Sources/Benchmarking", imports: ["BgdemoPrivateRedis", "BgdemoSMTPInbox"]),
        .init(
            "bgdemo", in: "Sources/bgdemo",
            imports: [
                "BgdemoCommandLine", "BgdemoLocal", "BgdemoForeground", "BgdemoFireAndForget", "BgdemoResque",
                "BgdemoEventr",
            ]),
        .init(
            "BgdemoCommandLine", in: "Sources/CommandLine",
            imports: [
                "BgdemoBenchmarking", "BgdemoCore", "BgdemoMailAPI", "QueueBus", "BgdemoSMTPClient", "BgdemoTelemetry",
            ]),
    ])
}
