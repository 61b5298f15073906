import ArgumentParser
import BgdemoBenchmarking
import BgdemoEmail
import BgdemoSMTPClient
import BgdemoCore

struct CompareCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measures the strategies side by side: how fast each answers, and what becomes of every mail.",
        discussion: """
            Each is run in fresh processes, with a Redis and a mail server of its own, under the same load. Ctrl-C ends \
            it in order, with what was measured until then. Exits with 1 where something could not be measured. \
            \(Duration.formsSentence)

              bgdemo compare
              bgdemo compare --smtp-delay 2s --json talk.json
              bgdemo compare --strategies resque --semantics both --sweep 100,200,400
              bgdemo compare --json new.json --compare-to old.json --report new.html
              bgdemo compare --strategies resque --target http://node:3000 --inbox-port 2525
            """)

    @Option(help: StrategyNames.help, completion: StrategyNames.completion, transform: StrategyNames.parse)
    var strategies: StrategyNames?

    @Option(help: "safe, talk (as the code of 2016), or both. Default: safe.")
    var semantics: ComparedSemantics?

    @Option(
        help: "Another service that answers /TO/SUBJECT/TEXT: http://host:port[/prefix]; may be repeated.",
        transform: TargetURL.parse)
    var target: [TargetURL] = []

    @Option(
        help: "Rates with commas between them: each strategy is tried at each, from the lowest, until it breaks.",
        transform: Rates.parse)
    var sweep: Rates?

    @Flag(help: "The fate matrix as well: what becomes of the mails when something dies. Also bgdemo chaos.")
    var chaos = false

    @OptionGroup(title: "Load") var load: LoadOptions
    @OptionGroup(title: "Chaos") var faults: ChaosOptions
    @OptionGroup(title: "Report") var report: ReportOptions

    func run() async throws {
        guard chaos || (faults.faults == nil && faults.atATime == nil && faults.strikes == nil) else {
            throw ValidationError("--faults, --strikes and --at-a-time go with --chaos")
        }
        try faults.check(targets: target.count, inboxPort: load.inboxPort)
        let descriptors = (strategies ?? .all).descriptors
        let subjects =
            descriptors.flatMap { $0.subjects((semantics ?? .safe).semantics) }
            + target.map { faults.subject($0.target) }
        let runner = CompareRunner(
            load: load, sweep: sweep?.rates ?? [], report: report, targets: target.map(\.target),
            chaos: chaos ? faults : nil)
        try await runner.measure(subjects)
    }
}

/// The value of `--target`.
struct TargetURL: ExplainedArgument {
    let target: Target

    @Sendable static func parse(_ text: String) throws -> TargetURL {
        do throws(InvalidTarget) {
            return TargetURL(target: try Target(url: text))
        } catch {
            throw ValidationError(error.reason)
        }
    }
}

/// The value of `--sweep`.
struct Rates: ExplainedArgument {
    let rates: [Double]

    @Sendable static func parse(_ text: String) throws -> Rates {
        let kind = "a rate; one is a number of requests a second, more than 0 and at most 100000"
        return Rates(
            rates: try ListArgument.parts(of: text, kind: kind) { word in
                Double(word).flatMap { $0 > 0 && $0 <= 100_000 ? $0 : nil }
            })
    }
}
