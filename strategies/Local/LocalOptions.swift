import ArgumentParser
import BgdemoCore
import BgdemoSpool
import Logging

/// The options of `serve` for local.
struct LocalOptions: StrategyOptions {
    static let title = "Strategy local"

    @Option(
        help: ArgumentHelp("Email worker processes (BGDEMO_WORKERS). Default: 1.", valueName: "number"),
        transform: Int.parse)
    var workers: Int?

    @Option(
        help: ArgumentHelp(
            "A directory in which accepted mails survive the master (BGDEMO_SPOOL). Default: in memory only.",
            valueName: "directory"),
        completion: .directory)
    var spool: String?

    @Option(
        help: """
            When the spool is forced to disk: always, before a mail is acknowledged; 100ms, at most so long after; \
            never (BGDEMO_SPOOL_SYNC). Default: always.
            """)
    var spoolSync: SpoolSync?

    @Option(
        help: ArgumentHelp(
            "A file of JSON lines for mails that can't be sent (BGDEMO_DEAD_LETTERS). Default: the log only.",
            valueName: "file"),
        completion: .file())
    var deadLetters: String?

    var givenFlags: [String] {
        Self.names(
            ("--workers", workers != nil), ("--spool", spool != nil), ("--spool-sync", spoolSync != nil),
            ("--dead-letters", deadLetters != nil))
    }

    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {
        let settings = try settings(environment)
        guard settings.spool == nil || work.semantics == .safe else {
            throw ValidationError("--spool cannot be combined with --semantics original")
        }
    }

    func unusablePlaces(_ environment: EnvironmentVariables) throws -> [String] {
        let settings = try settings(environment)
        let letters: (any Error)? = settings.deadLetters.flatMap { file in
            do {
                _ = try DeadLetters(file, logger: Logger(label: "dead-letters"))
                return nil
            } catch {
                return error
            }
        }
        return [settings.spool.flatMap(Spool.fault), letters].compactMap { $0.map { "\($0)" } }
    }

    /// What these options say; the rest is as by default.
    func settings(_ environment: EnvironmentVariables) throws -> MasterSettings {
        var settings = MasterSettings()
        settings.workers = try environment.value(workers, "BGDEMO_WORKERS") ?? 1
        guard (1...1000).contains(settings.workers) else { throw ValidationError("--workers is 1 to 1000") }
        settings.spool = try environment.value(spool, "BGDEMO_SPOOL")
        settings.spoolSync = try environment.value(spoolSync, "BGDEMO_SPOOL_SYNC") ?? .always
        settings.deadLetters = try environment.value(deadLetters, "BGDEMO_DEAD_LETTERS")
        return settings
    }
}

extension SpoolSync: ExpressibleByArgument {}
