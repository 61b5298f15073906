import BgdemoBenchmarking
import BgdemoSMTPInbox
import BgdemoSystemCompat
import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs `chaos`: injects faults into subjects, prints the fault matrix and writes the files.
struct FaultInjector {
    let options: ChaosOptions
    let report: ReportOptions
    /// Of the inbox for an external service.
    var inboxPort = 0

    /// Measures the fault matrix.
    ///
    /// - Throws: `ExitCode` if a strategy broke its guarantee or the run was stopped.
    func inject(into subjects: [BenchmarkSubject], _ inbox: InboxSettings) async throws {
        try options.check()
        let before = try report.check()
        CurrentProcess.prepare()
        let chaos = chaos(subjects, inbox, StopFlag())
        let start = ContinuousClock.now
        var settings = ComparisonSettings()
        settings.command = Array(CommandLine.arguments.dropFirst())
        (settings.seed, settings.rate, settings.seconds) = (chaos.seed, chaos.rate, 0)
        settings.smtpDelayMilliseconds = inbox.delay.mean / .milliseconds(1)
        var comparison = Comparison(
            began: CompareRunner.now, seconds: 0, machine: await .here(versions: CompareRunner.versions),
            settings: settings)
        let matrix = await runUntilStopped(chaos.stop) { await fates(chaos) }
        comparison.fates = matrix
        comparison.seconds = (.now - start) / .seconds(1)
        comparison.isComplete = !chaos.stop.isSet
        print(FaultMatrixText.text(matrix), terminator: "")
        try await report.write(comparison, before: before)
        guard comparison.isComplete, matrix.isKept else { throw ExitCode.failure }
    }

    func chaos(_ subjects: [BenchmarkSubject], _ inbox: InboxSettings, _ stop: StopFlag) -> FaultMatrixRunner {
        var chaos = FaultMatrixRunner(program: CurrentExecutable.path, subjects: subjects, inbox: inbox)
        chaos.faults = options.faults?.faults ?? Fault.all
        chaos.seed = inbox.seed
        chaos.atATime = options.atATime ?? 4 * ProcessInfo.processInfo.activeProcessorCount
        chaos.strikes = options.strikes ?? 1
        chaos.inboxPort = inboxPort
        chaos.stop = stop
        return chaos
    }

    func fates(_ chaos: FaultMatrixRunner) async -> FaultMatrix {
        let reporter = ProgressReporter()
        return await chaos.matrix { reporter.report($0) }
    }
}
