import Foundation
import Testing

/// The module graph of Package.swift, and the imports that it must not have.
@Suite struct ImportRuleTests {
    @Test("Package.swift keeps each rule about imports", arguments: ImportRule.all)
    func package(rule: ImportRule) async throws {
        let graph = try await Self.graph.value
        try #require(graph.modules.count > 20)
        #expect(rule.violations(in: graph) == [])
    }

    @Test("Its rule finds each forbidden import in the graph of this package", arguments: Self.forbidden)
    func forbiddenImport(sentence: String, edges: [Edge]) async throws {
        let rule = try #require(ImportRule.all.first { $0.sentence == sentence })
        for edge in edges {
            let found = rule.violations(in: try await Self.graph(with: edge))
            #expect(found.contains("\(edge.from) → \(edge.to)"), "\(found)")
        }
    }

    @Test("Each rule finds a forbidden import that no other rule finds", arguments: ImportRule.all)
    func isNeeded(rule: ImportRule) async throws {
        let edges = try #require(Self.forbidden[rule.sentence])
        let others = ImportRule.all.filter { $0.sentence != rule.sentence }
        var alone: [Edge] = []
        for edge in edges {
            let graph = try await Self.graph(with: edge)
            if others.allSatisfy({ $0.violations(in: graph) == [] }) { alone.append(edge) }
        }
        #expect(!alone.isEmpty)
    }

    @Test("A forbidden import is found behind another module")
    func indirectImport() async throws {
        var graph = try await Self.graph.value
        graph.modules["Between"] = ModuleGraph.Module("Between", in: "Sources/Foundations", imports: ["BgdemoEmail"])
        graph.modules["Resque"]?.imports.insert("Between")
        let found = ImportRule.all.flatMap { $0.violations(in: graph) }
        #expect(found.contains("Resque → Between → BgdemoEmail"))
    }

    @Test("ARCHITECTURE.md has each rule", arguments: ImportRule.all)
    func isTold(rule: ImportRule) throws {
        let page = try String(contentsOfFile: PackageDump.root + "/ARCHITECTURE.md", encoding: .utf8)
        #expect(page.split(separator: "\n").contains { $0.contains(rule.sentence) })
    }

    /// An import: the importing module, then the imported one.
    typealias Edge = (from: String, to: String)

    /// By the sentence of the rule that has to find them: a rule that is gone, or finds less, fails.
    private static let forbidden: [String: [Edge]] = [
        "Foundations and SystemCompat import no other module of this package.": [
            ("BgdemoFoundations", "BgdemoSystemCompat"), ("BgdemoSystemCompat", "BgdemoFoundations"),
        ],
        "A library imports the base, the Redis client and other libraries, and nothing of the program.": [
            ("Resque", "BgdemoEmail"), ("Eventr", "BgdemoCore"), ("QueueBus", "BgdemoTelemetry"),
            ("RedisClient", "BgdemoPrivateRedis"), ("RedisClient", "BgdemoHTTPServer"),
            ("RedisTesting", "BgdemoSMTPInbox"),
        ],
        "NetSupport, RubyRegex, Lua and Email import the base alone.": [
            ("BgdemoNetSupport", "BgdemoEmail"), ("BgdemoRubyRegex", "RedisClient"), ("BgdemoLua", "RedisClient"),
            ("BgdemoEmail", "BgdemoSMTPClient"), ("BgdemoEmail", "BgdemoCCurl"),
        ],
        "HTTPServer imports the base alone: it knows no mail.": [
            ("BgdemoHTTPServer", "BgdemoEmail"), ("BgdemoHTTPServer", "BgdemoCore"),
        ],
        "SMTPClient and SMTPInbox import no strategy, not even Core.": [
            ("BgdemoSMTPClient", "BgdemoCore"), ("BgdemoSMTPInbox", "BgdemoCore"),
            ("BgdemoSMTPInbox", "BgdemoFireAndForget"),
        ],
        "Core imports Email, RedisClient and the base: it knows no server.": [
            ("BgdemoCore", "Resque"), ("BgdemoCore", "BgdemoHTTPServer"),
        ],
        "Only bgdemo, which has the list of strategies, imports a strategy.": [
            ("BgdemoMailAPI", "BgdemoForeground"), ("BgdemoBenchmarking", "BgdemoLocal"),
            ("BgdemoCommandLine", "BgdemoLocal"), ("BgdemoEventr", "BgdemoResque"), ("BgdemoTelemetry", "BgdemoSpool"),
        ],
        "Only Local and Original2016 import the pipes of Local.": [
            ("BgdemoForeground", "BgdemoPipes"), ("BgdemoMailAPI", "BgdemoPipes"),
        ],
        "Only the command line, Benchmarking, Stage and Web import PrivateRedis.": [
            ("BgdemoResque", "BgdemoPrivateRedis"), ("BgdemoMailAPI", "BgdemoPrivateRedis"),
        ],
        "Only SMTPClient and OTLP import libcurl, only RedisClient hiredis.": [
            ("BgdemoTelemetry", "BgdemoCCurl"), ("BgdemoEmail", "BgdemoCCurl"), ("Resque", "BgdemoCHiredis"),
        ],
        "Only the libraries for tests import the Redis in memory.": [
            ("Resque", "RedisTesting"), ("QueueBus", "BgdemoLua"), ("BgdemoWeb", "RedisTesting"),
        ],
        "Nothing imports bgdemo, and only bgdemo imports the command line.": [
            ("BgdemoBenchmarking", "bgdemo"), ("BgdemoBenchmarking", "BgdemoCommandLine"),
        ],
    ]

    /// Of this package, read once.
    private static let graph = Task { ModuleGraph(try await PackageDump.current()) }

    private static func graph(with edge: Edge) async throws -> ModuleGraph {
        var graph = try await graph.value
        let from = try #require(graph.modules[edge.from])
        try #require(graph.modules[edge.to] != nil && !from.imports.contains(edge.to))
        graph.modules[edge.from]?.imports.insert(edge.to)
        return graph
    }
}
