import Testing

/// An import that the graph must not have.
struct ImportRule: Sendable, CustomTestStringConvertible {
    /// As ARCHITECTURE.md has it.
    let sentence: String
    /// Whether an import through other modules is allowed.
    let allowsIndirect: Bool
    let forbids: @Sendable (_ from: ModuleGraph.Module, _ to: ModuleGraph.Module) -> Bool

    init(
        _ sentence: String, allowsIndirect: Bool = false,
        _ forbids: @escaping @Sendable (ModuleGraph.Module, ModuleGraph.Module) -> Bool
    ) {
        (self.sentence, self.allowsIndirect, self.forbids) = (sentence, allowsIndirect, forbids)
    }

    var testDescription: String { sentence }

    /// Each chain of imports that ends where it must not: `Resque → BgdemoCore → BgdemoEmail`.
    func violations(in graph: ModuleGraph) -> [String] {
        graph.modules.values.flatMap { from in
            graph.chains(from: from.name).values.filter { chain in
                guard let to = graph.modules[chain[chain.count - 1]] else { return false }
                return forbids(from, to) && (chain.count == 2 || !allowsIndirect)
            }.map { $0.joined(separator: " → ") }
        }.sorted()
    }

    static let all = [
        ImportRule("Foundations and SystemCompat import no other module of this package.") { from, _ in
            from.isIn("Sources/Foundations", "Sources/SystemCompat")
        },
        ImportRule("A library imports the base, the Redis client and other libraries, and nothing of the program.") {
            $0.isLibrary && !$1.isLibrary && !$1.isBase
                && !$1.isIn("Sources/RubyRegex", "Sources/CHiredis", "Sources/Lua")
        },
        ImportRule("NetSupport, RubyRegex, Lua and Email import the base alone.") {
            $0.isIn("Sources/NetSupport", "Sources/RubyRegex", "Sources/Lua", "Sources/Email") && !$1.isBase
        },
        ImportRule("HTTPServer imports the base alone: it knows no mail.") {
            $0.isIn("Sources/HTTPServer") && !$1.isBase
        },
        ImportRule("SMTPClient and SMTPInbox import no strategy, not even Core.") {
            $0.isIn("Sources/SMTPClient", "Sources/SMTPInbox") && $1.folder.hasPrefix("strategies/")
        },
        ImportRule("Core imports Email, RedisClient and the base: it knows no server.") {
            $0.isIn("strategies/Core") && !$1.isBase
                && !$1.isIn("Sources/Email", "Sources/RedisClient", "Sources/CHiredis")
        },
        ImportRule("Only bgdemo, which has the list of strategies, imports a strategy.") { from, to in
            to.isStrategy && from.name != "bgdemo" && from.strategyFolder != to.strategyFolder
        },
        ImportRule("Only Local and Original2016 import the pipes of Local.", allowsIndirect: true) {
            $1.isIn("strategies/Local/Pipes") && !$0.folder.hasPrefix("strategies/Local")
                && !$0.isIn("strategies/Original2016")
        },
        ImportRule("Only the command line, Benchmarking, Stage and Web import PrivateRedis.") {
            $1.isIn("Sources/PrivateRedis") && !$0.isCommandLine
                && !$0.isIn("Sources/Benchmarking", "Sources/Stage", "Sources/Web")
        },
        ImportRule("Only SMTPClient and OTLP import libcurl, only RedisClient hiredis.", allowsIndirect: true) {
            from, to in
            to.isIn("Sources/CCurl") && !from.isIn("Sources/SMTPClient", "Sources/OTLP")
                || to.isIn("Sources/CHiredis") && !from.isIn("Sources/RedisClient")
        },
        ImportRule("Only the libraries for tests import the Redis in memory.") {
            $1.isIn("Sources/RedisTesting", "Sources/Lua") && !$0.isForTests
        },
        ImportRule("Nothing imports bgdemo, and only bgdemo imports the command line.") {
            $1.isCommandLine && $0.name != "bgdemo"
        },
    ]
}

extension ModuleGraph.Module {
    func isIn(_ folders: String...) -> Bool { folders.contains(folder) }

    var isCommandLine: Bool { isIn("Sources/CommandLine", "Sources/bgdemo") }

    /// A product that other packages may use.
    var isLibrary: Bool {
        isIn("Sources/Resque", "Sources/QueueBus", "Sources/Eventr", "Sources/RedisClient") || isForTests
    }

    /// A product for the tests of other packages.
    var isForTests: Bool { folder.hasPrefix("Sources/") && folder.hasSuffix("Testing") }

    /// What everything may stand on: no mail, no protocol.
    var isBase: Bool {
        isIn("Sources/Foundations", "Sources/SystemCompat", "Sources/NetSupport", "Sources/TraceContext")
    }

    /// A strategy or a part of one. They share Core, and the code of 2016, which uses the pipes of Local.
    var isStrategy: Bool {
        folder.hasPrefix("strategies/")
            && !isIn("strategies/Core", "strategies/Original2016", "strategies/Local/Pipes")
    }

    /// `strategies/Local` for all that is in it.
    var strategyFolder: String? {
        isStrategy ? folder.split(separator: "/").prefix(2).joined(separator: "/") : nil
    }
}
