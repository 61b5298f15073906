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
    /// What befalls the strategies afterwards; nil where nothing does.
    var chaos: ChaosOptions?

    /// - Throws: `ValidationError` where the options are not right; `ExitCode` where something could not be measured.
    func measure(_ contenders: [Contender]) async throws {
        let contest = try load.contest()
        for rate in sweep { try LoadOptions.check(rate, seconds: contest.load.seconds, "--sweep") }
        let before = try report.check()
        try chaos?.check()
        CurrentProcess.prepare()

        let spectator = Spectator()
        let start = ContinuousClock.now
        var comparison = Comparison(
            began: Self.now, seconds: 0, machine: await .here(versions: Self.versions),
            settings: settings(contest))
        (comparison.strategies, comparison.fates) = await untilStopped(contest.stop) {
            var comparing = Comparing(contest, contenders)
            comparing.sweep = sweep
            let results = await comparing.results { spectator.see($0) }
            return (results, await fates(contenders, contest))
        }
        comparison.seconds = (.now - start) / .seconds(1)
        comparison.isComplete = !contest.stop.isSet
        print(TerminalTable.text(comparison), terminator: "")
        if let fates = comparison.fates { print("\n" + FateText.text(fates), terminator: "") }
        try await report.write(comparison, before: before)
        let isMeasured = comparison.strategies.allSatisfy { $0.fate.accepted > 0 }
        guard comparison.isComplete, isMeasured, comparison.fates?.isKept ?? true else { throw ExitCode.failure }
    }

    private func fates(_ contenders: [Contender], _ contest: Contest) async -> FateMatrix? {
        guard let chaos else { return nil }
        let havoc = Havoc(options: chaos, report: report)
        return await havoc.fates(havoc.chaos(contenders.filter(\.canBeStruck), contest.inbox, contest.stop))
    }

    /// In UTC.
    static var now: String { "\(Timestamp().iso8601.prefix(19))Z" }

    static var versions: [String: String] { ["bgdemo": Bgdemo.version, "libcurl": SMTPClient.libcurlVersion] }

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
