import ArgumentParser
import BgdemoBenchmarking
import BgdemoSystemCompat
import BgdemoFoundations
import BgdemoSMTPInbox
import BgdemoEmail
import BgdemoSMTPClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs `compare` and `bench`: measures subjects, prints the results and writes the files.
struct CompareRunner {
    let load: LoadOptions
    let sweep: [Double]
    let report: ReportOptions
    /// The services among the subjects that somebody else has started.
    let targets: [Target]
    /// The faults of `--chaos`; nil without it.
    var chaos: ChaosOptions?

    /// - Throws: `ValidationError` for wrong options, ``TargetUnreachable`` before anything is measured, `ExitCode` if
    ///   something could not be measured.
    func measure(_ subjects: [BenchmarkSubject]) async throws {
        let before = try report.check()
        let comparison = try await comparison(subjects)
        let (width, style) = (TerminalWidth.ofOutput, TerminalStyle.ofOutput)
        print(TerminalTable.text(comparison, width: width, style: style), terminator: "")
        if let fates = comparison.fates {
            print("\n" + FaultMatrixText.text(fates, width: width, style: style), terminator: "")
        }
        for warning in comparison.warnings { print("\n" + TextLayout.wrapped(warning, to: width ?? .max)) }
        try await report.write(comparison, before: before)
        let isMeasured = comparison.strategies.allSatisfy { $0.fate.accepted > 0 }
        let areFatesKnown = comparison.fates.map { $0.isKept && $0.isMeasured } ?? true
        guard comparison.isComplete, isMeasured, areFatesKnown else { throw ExitCode.failure }
    }

    /// - Throws: `ValidationError` for wrong options.
    func comparison(_ subjects: [BenchmarkSubject]) async throws -> Comparison {
        let benchmark = try load.benchmark()
        for rate in sweep { try LoadOptions.check(rate, seconds: benchmark.load.seconds, "--sweep") }
        try chaos?.check()
        CurrentProcess.prepare()
        for target in targets { try await target.checkIsListening() }
        let injector = chaos.map { FaultInjector(options: $0, report: report, inboxPort: benchmark.inboxPort) }
        let faults = try await injector?.chaos(subjects.filter(\.canBeStruck), benchmark.inbox, benchmark.stop)

        let reporter = ProgressReporter()
        let start = ContinuousClock.now
        let meter = MachineLoadMeter(cores: ProcessInfo.processInfo.activeProcessorCount)
        var comparison = Comparison(
            began: Self.now, seconds: 0, machine: await .here(versions: Self.versions),
            settings: settings(benchmark))
        (comparison.strategies, comparison.fates) = await runUntilStopped(benchmark.stop) {
            var suite = BenchmarkSuite(benchmark, subjects)
            suite.sweep = sweep
            suite.runs = load.runs ?? 1
            let results = await suite.results { reporter.report($0) }
            return (results, await FaultInjector.fates(faults))
        }
        comparison.seconds = (.now - start) / .seconds(1)
        // Processes of a service that runs already would count as others.
        if targets.isEmpty { comparison.load = meter.load }
        comparison.isComplete = !benchmark.stop.isSet
        return comparison
    }

    /// In UTC.
    static var now: String { "\(Timestamp().iso8601.prefix(19))Z" }

    static var versions: [String: String] { ["bgdemo": Bgdemo.version, "libcurl": SMTPClient.libcurlVersion] }

    private func settings(_ benchmark: Benchmark) -> ComparisonSettings {
        var settings = ComparisonSettings()
        settings.command = Array(CommandLine.arguments.dropFirst())
        settings.seed = benchmark.load.seed
        settings.seconds = benchmark.load.seconds
        switch benchmark.load.pace {
        case .open(let rate): settings.rate = rate
        case .closed(let concurrency): settings.concurrency = concurrency
        }
        settings.smtpDelayMilliseconds = benchmark.inbox.delay.mean / .milliseconds(1)
        settings.smtpFailRate = load.smtpFailRate ?? 0
        settings.mailsAtATime = benchmark.mailsAtATime
        settings.sweep = sweep
        settings.runs = load.runs
        settings.redisLatencyMilliseconds = load.redisLatency.map { $0.mean / .milliseconds(1) }
        settings.smtpLatencyMilliseconds = load.smtpLatency.map { $0.mean / .milliseconds(1) }
        settings.cutEverySeconds = load.cutEvery.map { $0 / .seconds(1) }
        return settings
    }
}
