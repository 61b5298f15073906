import Compare
import Inbox
import Pipes
import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where contenders are struck by faults, and their fates shown and written down.
struct Havoc {
    let options: ChaosOptions
    let report: ReportOptions

    /// The fate matrix alone.
    ///
    /// - Throws: `ExitCode` where a strategy did not keep its word, or somebody said stop.
    func wreak(on contenders: [Contender], _ inbox: InboxSettings) async throws {
        try options.check()
        let before = try report.check()
        CurrentProcess.prepare()
        let chaos = chaos(contenders, inbox, StopFlag())
        let start = ContinuousClock.now
        var settings = Settings()
        settings.command = Array(CommandLine.arguments.dropFirst())
        (settings.seed, settings.rate, settings.seconds) = (chaos.seed, chaos.rate, 0)
        settings.smtpDelayMilliseconds = inbox.delay.mean / .milliseconds(1)
        var comparison = Comparison(
            began: Arena.now, seconds: 0, machine: await .here(versions: Arena.versions), settings: settings)
        let matrix = await untilStopped(chaos.stop) { await fates(chaos) }
        comparison.fates = matrix
        comparison.seconds = (.now - start) / .seconds(1)
        comparison.isComplete = !chaos.stop.isSet
        print(FateText.text(matrix), terminator: "")
        try await report.write(comparison, before: before)
        guard comparison.isComplete, matrix.isKept else { throw ExitCode.failure }
    }

    func chaos(_ contenders: [Contender], _ inbox: InboxSettings, _ stop: StopFlag) -> Chaos {
        var chaos = Chaos(program: ChildCommand.program, contenders: contenders, inbox: inbox)
        chaos.mishaps = options.faults?.mishaps ?? Mishap.all
        chaos.seed = inbox.seed
        chaos.atATime = options.atATime ?? 4 * ProcessInfo.processInfo.activeProcessorCount
        chaos.stop = stop
        return chaos
    }

    func fates(_ chaos: Chaos) async -> FateMatrix {
        let spectator = Spectator()
        return await chaos.matrix { spectator.see($0) }
    }
}
