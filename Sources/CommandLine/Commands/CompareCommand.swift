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
            it in order, with what was measured until then. Exits with 1 where something could not be measured.

              bgdemo compare
              bgdemo compare --smtp-delay 2s --json talk.json
              bgdemo compare --strategies resque --semantics both --sweep 100,200,400
              bgdemo compare --json new.json --compare-to old.json --report new.html
              bgdemo compare --strategies resque --target http://node:3000 --inbox-port 2525
            """)

    @Option(help: "Which, with commas between them. Default: all.")
    var strategies: StrategyNames?

    @Option(help: "safe, talk (as the code of 2016), or both. Default: safe.")
    var semantics: ComparedSemantics?

    @Option(help: "Another service that answers /TO/SUBJECT/TEXT: http://host:port[/prefix]; may be repeated.")
    var target: [TargetURL] = []

    @Option(help: "Rates with commas between them: each strategy is tried at each, from the lowest, until it breaks.")
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
        try await CompareRunner(load: load, sweep: sweep?.rates ?? [], report: report, chaos: chaos ? faults : nil)
            .measure(
                subjects)
    }
}

/// The value of `--target`.
struct TargetURL: ExpressibleByArgument {
    let target: Target

    init?(argument: String) {
        guard let target = try? Target(url: argument) else { return nil }
        self.target = target
    }
}

/// The value of `--sweep`.
struct Rates: ExpressibleByArgument {
    let rates: [Double]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        rates = words.compactMap { Double($0) }.filter { $0 > 0 && $0 <= 100_000 }
        guard rates.count == words.count else { return nil }
    }
}
