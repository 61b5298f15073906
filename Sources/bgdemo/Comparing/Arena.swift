import ArgumentParser
import Compare
import Inbox
import Mail
import SMTP

/// Where contenders are measured, and their results shown and written down.
struct Arena {
    let load: LoadOptions
    let sweep: [Double]
    let report: ReportOptions

    /// - Throws: `ValidationError` where the options are not right; `ExitCode` where something could not be measured.
    func measure(_ contenders: [Contender]) async throws {
        let contest = try load.contest()
        for rate in sweep { try LoadOptions.check(rate, seconds: contest.load.seconds, "--sweep") }
        try report.check()
        Process.prepare()

        let spectator = Spectator()
        let start = ContinuousClock.now
        var comparison = Comparison(
            began: "\(Timestamp().iso8601.prefix(19))Z", seconds: 0, machine: await .here(versions: versions),
            settings: settings(contest))
        comparison.strategies = await untilStopped(contest.stop) {
            var comparing = Comparing(contest, contenders)
            comparing.sweep = sweep
            return await comparing.results { spectator.see($0) }
        }
        comparison.seconds = (.now - start) / .seconds(1)
        comparison.isComplete = !contest.stop.isSet
        print(TerminalTable.text(comparison), terminator: "")
        try report.write(comparison)
        let isMeasured = comparison.strategies.allSatisfy { $0.fate.accepted > 0 }
        guard comparison.isComplete, isMeasured else { throw ExitCode.failure }
    }

    private var versions: [String: String] { ["bgdemo": Bgdemo.version, "libcurl": Courier.libcurlVersion] }

    private func settings(_ contest: Contest) -> Settings {
        var settings = Settings()
        settings.command = Array(CommandLine.arguments.dropFirst())
        settings.seed = contest.load.seed
        settings.seconds = contest.load.seconds
        switch contest.load.pace {
        case .open(let rate): settings.rate = rate
        case .closed(let concurrency): settings.concurrency = concurrency
        }
        settings.smtpDelayMilliseconds = contest.inbox.delay.mean / .milliseconds(1)
        settings.smtpFailRate = load.smtpFailRate ?? 0
        settings.mailsAtATime = contest.mailsAtATime
        settings.sweep = sweep
        return settings
    }
}
