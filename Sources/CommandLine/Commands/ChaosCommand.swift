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
              bgdemo chaos --strategies resque --target http://127.0.0.1:3000 \\
                --inbox-port 2525 --target-pids web.pid,worker.pid
            """)

    @Option(help: "Which, with commas between them. Default: all.")
    var strategies: StrategyNames?

    @Option(help: "safe, talk (as the code of 2016), or both. Default: safe.")
    var semantics: ComparedSemantics?

    @Option(help: "Another service that answers /TO/SUBJECT/TEXT, and --target-pids its processes.")
    var target: TargetURL?

    @Option(help: "The port of the mail server of --target. Default: any.")
    var inboxPort: Int?

    @Option(help: "How long the mail server takes for a mail: 2s, 100ms..2s, exp:250ms. Default: 250ms.")
    var smtpDelay: ReplyDelay?

    @Option(help: "Where all chance comes from: ids, recipients, times, refusals. Default: 1.")
    var seed: UInt64?

    @OptionGroup(title: "Faults") var chaos: ChaosOptions
    @OptionGroup(title: "Report") var report: ReportOptions

    func run() async throws {
        let descriptors = (strategies ?? .all).descriptors
        try chaos.check(targets: target == nil ? 0 : 1, inboxPort: inboxPort)
        let external = target.map { chaos.subject($0.target) }
        let subjects =
            descriptors.flatMap { $0.subjects((semantics ?? .safe).semantics) } + [external].compactMap { $0 }
        var inbox = InboxSettings()
        inbox.delay = smtpDelay ?? .fixed(.milliseconds(250))
        inbox.seed = seed ?? 1
        try await FaultInjector(options: chaos, report: report, inboxPort: inboxPort ?? 0).inject(into: subjects, inbox)
    }
}
