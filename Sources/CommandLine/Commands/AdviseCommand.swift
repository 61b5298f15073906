public import ArgumentParser
public import BgdemoBenchmarking
import BgdemoCore
import BgdemoFoundations
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct AdviseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advise",
        abstract: "Says which strategy fits a service, and which figure each sentence rests on.",
        discussion: """
            Reads a comparison, or measures one with these options as compare --chaos does, in about three minutes. \
            Exits with 1 if no measured strategy fits.

              bgdemo compare --chaos --json results.json
              bgdemo advise --from results.json
              bgdemo advise --from results.json --may-lose under-way --hosts many
              bgdemo advise --quick --rate 200 --smtp-delay 2s --answer-within 50ms
            """)

    @Option(help: ArgumentHelp("A file of compare --json. Default: measures now.", valueName: "file"))
    var from: String?

    @Option(help: "Which accepted mails may be lost: nothing, under-way (at a kill), anything. Default: nothing.")
    var mayLose: AdviceQuestion.AcceptableLoss?

    @Option(help: "Where web servers and workers run: one host or many. Default: one.")
    var hosts: AdviceQuestion.Hosts?

    @Option(help: "How long 99 of 100 clients wait at most. Default: 100ms.")
    var answerWithin: Duration?

    @Flag(help: "The advice as JSON.")
    var json = false

    @OptionGroup(title: "Load, without --from") var load: LoadOptions
    @OptionGroup(title: "Faults, without --from") var chaos: ChaosOptions

    func run() async throws {
        let advice = Advice(try question(), try await comparison())
        let lines = advice.lines.map { Self.wrapped(printable($0), to: TerminalWidth.ofOutput) }
        print(json ? try ResultOutput.json(AdviceRow(advice)) : lines.joined(separator: "\n"))
        guard !advice.fitting.isEmpty else { throw ExitCode.failure }
    }

    /// What goes on of an item of a list stands below its text.
    private static func wrapped(_ line: String, to width: Int?) -> String {
        let indent = line.hasBytePrefix("  - ") ? "    " : ""
        guard let width else { return line }
        return TextLayout.wrapped(line, to: width - indent.count).replacing("\n", with: "\n\(indent)")
    }

    private func question() throws -> AdviceQuestion {
        var question = AdviceQuestion()
        question.mayLose = mayLose ?? .nothing
        question.hosts = hosts ?? .one
        if let answerWithin {
            guard answerWithin > .zero else { throw ValidationError("--answer-within is more than 0") }
            question.answerWithinMilliseconds = answerWithin / .milliseconds(1)
        }
        return question
    }

    private func comparison() async throws -> Comparison {
        guard let from else {
            let runner = CompareRunner(
                load: load, sweep: [], report: try ReportOptions.parse([]), targets: [],
                chaos: chaos)
            return try await runner.comparison(StrategyNames.all.descriptors.flatMap { $0.subjects([.safe]) })
        }
        guard load.rate == nil, load.concurrency == nil, load.smtpDelay == nil, !load.quick else {
            throw ValidationError("--from has been measured already; the options of the load go without it")
        }
        guard let data = FileManager.default.contents(atPath: from) else {
            throw ValidationError("\(from) of --from can't be read")
        }
        do {
            return try Comparison(json: data)
        } catch {
            throw ValidationError("\(from) of --from: \(error)")
        }
    }
}

extension AdviceQuestion.AcceptableLoss: ExpressibleByArgument {}
extension AdviceQuestion.Hosts: ExpressibleByArgument {}

/// The output of `advise --json`.
private struct AdviceRow: Encodable {
    struct Finding: Encodable {
        let strategy: String
        let reasons: [String]

        init(_ finding: Advice.Finding) { (strategy, reasons) = (finding.strategy, finding.reasons) }
    }

    let asked: String
    /// The simplest that fits; nil if none does.
    let take: String?
    let fitting: [Finding]
    let excluded: [Finding]
    let caveats: [String]

    init(_ advice: Advice) {
        (asked, take) = (advice.question.text, advice.fitting.first?.strategy)
        (fitting, excluded) = (advice.fitting.map(Finding.init), advice.excluded.map(Finding.init))
        caveats = advice.caveats
    }
}
