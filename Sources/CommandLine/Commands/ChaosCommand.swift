import ArgumentParser
import BgdemoBenchmarking
import BgdemoCore
import BgdemoSMTPInbox

struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Kills, stops and cuts off what the strategies stand on, and tells what became of every mail.",
        discussion: """
            Each strategy meets each fault in fresh processes, with a Redis and a mail server of its own, under a small \
            load. \(Duration.formsSentence) Exits with 1 where a strategy lost a mail that its design says it must not lose. The same as \
              bgdemo compare --chaos, which measures the speed as well.

              bgdemo chaos
              bgdemo chaos --strategies eventr --semantics both --faults kill-worker
              bgdemo chaos --report fates.html
              bgdemo chaos --strategies resque --target http://127.0.0.1:3000 \\
                --inbox-port 2525 --target-pids web.pid,worker.pid
            """)

    @Option(help: StrategyNames.help, completion: StrategyNames.completion, transform: StrategyNames.parse)
    var strategies: StrategyNames?

    @Option(help: "safe, talk (as the code of 2016), or both. Default: safe.")
    var semantics: ComparedSemantics?

    @Option(
        help: ArgumentHelp(
            "Another service that answers /TO/SUBJECT/TEXT, and --target-pids its processes.", valueName: "url"),
        transform: TargetURL.parse)
    var target: TargetURL?

    @Option(
        help: ArgumentHelp("The port of the mail server of --target. Default: any.", valueName: "port"),
        transform: Int.parse)
    var inboxPort: Int?

    @Option(
        help: ArgumentHelp(
            "Requests a second in each cell; fewer for a --target that cannot keep up. Default: 40.",
            valueName: "number"), transform: Double.parse)
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "How long the mail server takes for a mail: 2s, 100ms..2s, exp:250ms. Default: 250ms.", valueName: "time"),
        transform: ReplyDelay.parse)
    var smtpDelay: ReplyDelay?

    @Option(
        help: ArgumentHelp(
            "Where all chance comes from: ids, recipients, times, refusals. Default: 1.", valueName: "number"),
        transform: UInt64.parse)
    var seed: UInt64?

    @OptionGroup(title: "Faults") var chaos: ChaosOptions
    @OptionGroup(title: "Report") var report: ReportOptions

    func run() async throws {
        let descriptors = (strategies ?? .all).descriptors
        guard (1...1000).contains(rate ?? 1) else { throw ValidationError("--rate is 1 to 1000 requests a second") }
        try chaos.check(targets: target == nil ? 0 : 1, inboxPort: inboxPort)
        let external = target.map { chaos.subject($0.target) }
        let subjects =
            descriptors.flatMap { $0.subjects((semantics ?? .safe).semantics) } + [external].compactMap { $0 }
        var inbox = InboxSettings()
        inbox.delay = smtpDelay ?? .fixed(.milliseconds(250))
        inbox.seed = seed ?? 1
        var injector = FaultInjector(options: chaos, report: report, inboxPort: inboxPort ?? 0)
        injector.rate = rate ?? injector.rate
        try await injector.inject(into: subjects, inbox)
    }
}
