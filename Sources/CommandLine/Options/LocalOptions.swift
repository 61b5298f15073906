import ArgumentParser
import BgdemoLocal
import BgdemoSpool
import BgdemoCore

/// What the strategy local has beyond the others.
struct LocalOptions: ParsableArguments {
    @Option(help: "Email worker processes (BGDEMO_WORKERS). Default: 1.")
    var workers: Int?

    @Option(help: "A directory in which accepted mails survive the master (BGDEMO_SPOOL). Default: in memory.")
    var spool: String?

    @Option(
        help: """
            When the spool is forced to disk: always, before a mail is acknowledged; 100ms, at most so long after; \
            never (BGDEMO_SPOOL_SYNC). Default: always.
            """)
    var spoolSync: SpoolSync?

    @Option(help: "A file of JSON lines for mails that can't be sent (BGDEMO_DEAD_LETTERS). Default: the log alone.")
    var deadLetters: String?

    func settings(_ environment: EnvironmentVariables, _ context: StrategyContext) throws -> MasterSettings {
        var settings = MasterSettings()
        settings.workers = try environment.value(workers, "BGDEMO_WORKERS") ?? 1
        guard (1...1000).contains(settings.workers) else { throw ValidationError("--workers is 1 to 1000") }
        settings.spool = try environment.value(spool, "BGDEMO_SPOOL")
        settings.spoolSync = try environment.value(spoolSync, "BGDEMO_SPOOL_SYNC") ?? .always
        settings.deadLetters = try environment.value(deadLetters, "BGDEMO_DEAD_LETTERS")
        settings.concurrency = context.concurrency
        settings.backlog = context.backlog
        settings.gap = context.throttle.gap
        settings.retry = context.retry
        settings.semantics = context.semantics
        settings.grace = context.grace
        guard settings.spool == nil || settings.semantics == .safe else {
            throw ValidationError("--spool is not of the code of 2016: leave it out, or --semantics talk")
        }
        return settings
    }
}

extension SpoolSync: ExpressibleByArgument {}
