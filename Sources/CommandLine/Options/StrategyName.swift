public import ArgumentParser
public import BgdemoCore

/// The value of `--strategy`.
struct StrategyName: ExpressibleByArgument {
    let descriptor: StrategyDescriptor

    init?(argument: String) {
        guard let descriptor = Bgdemo.strategies.first(where: { $0.name == argument }) else { return nil }
        self.descriptor = descriptor
    }

    static var allValueStrings: [String] { Bgdemo.strategies.map(\.name) }
    static var allValueDescriptions: [String: String] {
        Dictionary(Bgdemo.strategies.map { ($0.name, $0.summary) }) { first, _ in first }
    }
    static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
}

/// The value of `--strategies`: names with commas between them.
struct StrategyNames: ExplainedArgument {
    let descriptors: [StrategyDescriptor]

    /// Every strategy.
    static var all: StrategyNames { StrategyNames(descriptors: Bgdemo.strategies) }

    @Sendable static func parse(_ text: String) throws -> StrategyNames {
        try StrategyNames(
            descriptors: ListArgument.parts(of: text, kind: "a strategy", names: StrategyName.allValueStrings) {
                StrategyName(argument: $0)?.descriptor
            })
    }

    private init(descriptors: [StrategyDescriptor]) {
        self.descriptors = descriptors
    }

    static var help: ArgumentHelp {
        let names = StrategyName.allValueStrings.joined(separator: ", ")
        return ArgumentHelp("Which, with commas between them: \(names). Default: all.", valueName: "names")
    }
    static var completion: CompletionKind { ListArgument.completion { StrategyName.allValueStrings } }
}

extension Role: ExpressibleByArgument {
    public static var allValueDescriptions: [String: String] {
        [
            "all": "web server and worker, or the master of both",
            "server": "the web server only",
            "worker": "a worker only",
        ]
    }
}

extension Semantics: ExpressibleByArgument {
    public init?(argument: String) {
        switch argument {
        case "safe": self = .safe
        case "original", "talk": self = .original
        default: return nil
        }
    }

    public static var allValueStrings: [String] { ["safe", "original", "talk"] }
}

/// The value of `compare --semantics` and `chaos --semantics`.
enum ComparedSemantics: String, ExpressibleByArgument {
    case safe, original, both

    init?(argument: String) { self.init(rawValue: argument == "talk" ? "original" : argument) }

    static var allValueStrings: [String] { ["safe", "original", "talk", "both"] }

    var semantics: [Semantics] {
        switch self {
        case .safe: [.safe]
        case .original: [.original]
        case .both: [.original, .safe]
        }
    }
}
