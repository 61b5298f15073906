import ArgumentParser
import BgdemoBenchmarking
import BgdemoCore

struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures any service that answers /TO/SUBJECT/TEXT, as compare measures the strategies.",
        discussion: """
            Where it sends its mails to the port of --inbox-port, they are awaited there and matched by their ids; else \
            only its answers are measured. \(Duration.formsSentence)

              bgdemo bench --target http://127.0.0.1:3000 --rate 500
              bgdemo bench --target http://127.0.0.1:3000 --inbox-port 2525 --smtp-delay 2s
            """)

    @Option(help: "http://host:port[/prefix]; may be repeated.", transform: TargetURL.parse)
    var target: [TargetURL]

    @Option(
        help: "Rates with commas between them: it is tried at each, from the lowest, until it breaks.",
        transform: Rates.parse)
    var sweep: Rates?

    @OptionGroup(title: "Load") var load: LoadOptions
    @OptionGroup(title: "Report") var report: ReportOptions

    func run() async throws {
        guard !target.isEmpty else { throw ValidationError("say what to measure: --target http://127.0.0.1:8080") }
        let runner = CompareRunner(
            load: load, sweep: sweep?.rates ?? [], report: report, targets: target.map(\.target))
        try await runner.measure(target.map { BenchmarkSubject($0.target) })
    }
}
