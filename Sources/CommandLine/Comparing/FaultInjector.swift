import BgdemoBenchmarking
import BgdemoSMTPInbox
import BgdemoFoundations
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
    /// Requests per second in each cell.
    var rate: Double = 40

    /// Measures the fault matrix.
    ///
    /// - Throws: `ExitCode` if a strategy broke its guarantee or the run was stopped.
    func inject(into subjects: [BenchmarkSubject], _ inbox: InboxSettings) async throws {
        try options.check()
        let before = try report.check()
        CurrentProcess.prepare()
        let chaos = try await chaos(subjects, inbox, StopFlag())
        let start = ContinuousClock.now
        let meter = MachineLoadMeter(cores: ProcessInfo.processInfo.activeProcessorCount)
        var settings = ComparisonSettings()
        settings.command = Array(CommandLine.arguments.dropFirst())
        (settings.seed, settings.rate, settings.seconds) = (chaos.seed, chaos.rate, 0)
        settings.smtpDelayMilliseconds = inbox.delay.mean / .milliseconds(1)
        var comparison = Comparison(
            began: CompareRunner.now, seconds: 0, machine: await .here(versions: CompareRunner.versions),
            settings: settings)
        let matrix = await runUntilStopped(chaos.stop) { await Self.fates(chaos) } ?? FaultMatrix()
        comparison.fates = matrix
        comparison.seconds = (.now - start) / .seconds(1)
        if subjects.allSatisfy({ $0.external == nil }) { comparison.load = meter.load }
        comparison.isComplete = !chaos.stop.isSet
        let width = TerminalWidth.ofOutput
        print(FaultMatrixText.text(matrix, width: width, style: .ofOutput), terminator: "")
        for warning in comparison.warnings { print(TextLayout.wrapped(warning, to: width ?? .max)) }
        try await report.write(comparison, before: before)
        guard comparison.isComplete, matrix.isKept, matrix.isMeasured else { throw ExitCode.failure }
    }

    func chaos(_ subjects: [BenchmarkSubject], _ inbox: InboxSettings, _ stop: StopFlag) async throws
        -> FaultMatrixRunner
    {
        for subject in subjects { try await subject.external?.check() }
        var chaos = FaultMatrixRunner(program: CurrentExecutable.path, subjects: subjects, inbox: inbox)
        let (faults, leftOut) = await Fault.possible(options.faults?.faults ?? Fault.all)
        // What was asked for by name must not be left out in silence; of all, the others are tried.
        if options.faults != nil, let first = leftOut.first {
            throw ValidationError("--faults: \(first.name) \(first.why)")
        }
        for fault in leftOut {
            _ = try? FileDescriptor.standardError.writeAll("Left out: \(fault.name), which \(fault.why)\n".utf8)
        }
        chaos.faults = faults
        chaos.seed = inbox.seed
        chaos.rate = rate
        chaos.atATime = options.atATime ?? 4 * ProcessInfo.processInfo.activeProcessorCount
        chaos.strikes = options.strikes ?? 1
        chaos.inboxPort = inboxPort
        chaos.stop = stop
        return chaos
    }

    /// Nil where no faults are to be injected.
    static func fates(_ chaos: FaultMatrixRunner?) async -> FaultMatrix? {
        let reporter = ProgressReporter()
        return await chaos?.matrix { reporter.report($0) }
    }
}
