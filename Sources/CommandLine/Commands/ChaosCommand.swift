import ArgumentParser
import BgdemoBenchmarking
import BgdemoSMTPInbox

struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Kills, stops and cuts off what the strategies stand on, and tells what became of every mail.",
        discussion: """
            Each strategy meets each fault in fresh processes, with a Redis and a mail server of its own, under a small \
            load. Exits with 1 where a strategy lost a mail that its design says it must not lose. The same as \
              bgdemo compare --chaos, which measures the speed as well.

              bgdemo chaos
              bgdemo chaos --strategies eventr --semantics both --faults kill-worker
              bgdemo chaos --report fates.html
            """)

    @Option(help: "Which, with commas between them. Default: all.")
    var strategies: StrategyNames?

    @Option(help: "safe, talk (as the code of 2016), or both. Default: safe.")
    var semantics: ComparedSemantics?

    @Option(help: "How long the mail server takes for a mail: 2s, 100ms..2s, exp:250ms. Default: 250ms.")
    var smtpDelay: ReplyDelay?

    @Option(help: "Where all chance comes from: ids, recipients, times, refusals. Default: 1.")
    var seed: UInt64?

    @OptionGroup(title: "Faults") var chaos: ChaosOptions
    @OptionGroup(title: "Report") var report: ReportOptions

    func run() async throws {
        let descriptors = (strategies ?? .all).descriptors
        let subjects = descriptors.flatMap { $0.subjects((semantics ?? .safe).semantics) }
        var inbox = InboxSettings()
        inbox.delay = smtpDelay ?? .fixed(.milliseconds(250))
        inbox.seed = seed ?? 1
        try await FaultInjector(options: chaos, report: report).inject(into: subjects, inbox)
    }
}
