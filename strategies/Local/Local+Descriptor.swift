public import BgdemoCore
import BgdemoNetSupport
import BgdemoOriginal2016
import BgdemoPipes
import BgdemoSpool
import NIOCore

extension StrategyDescriptor {
    public static let local = StrategyDescriptor(
        "local", summary: "a worker process sends; pipes and a master",
        deployment: .master(MasterSupport(makeMaster: { try await Master($0, $1) }, connect: connect)),
        options: [LocalOptions.self],
        // The master owns the mails, in memory; in a spool they survive it.
        guarantees: .losesNothing(except: .killMaster, .powerFailure),
        disk: DiskOptions(
            directory: "--spool", soon: ["--spool-sync", SpoolSync.each100ms.rawValue],
            beforeAnswer: ["--spool-sync", SpoolSync.always.rawValue]),
        notes: TalkNotes(
            "Local messages",
            better: [
                "Messages survive a killed server", "The web server is not bothered", "Queue, throttle and retries",
            ],
            still: ["Bound to one server"]),
        original: { context in
            OriginalLocal(
                master: try context.masterConnection, sender: context.sender, throttle: context.work.throttle,
                logger: context.logger)
        },
        make: { context in
            let spool = try context.options(LocalOptions.self).settings(context.environment).spool
            return Local(
                master: try context.masterConnection, sender: context.sender, tracker: context.tracker,
                idempotency: try context.role.serves ? spool.map { try FileIdempotencyStore($0) } : nil)
        })

    private static let connect:
        @Sendable (EnvironmentVariables, any EventLoopGroup) async throws -> (any MasterProcess)? =
            { try await MasterConnection.ofChild($0.variables, group: $1) }
}

extension StrategyContext {
    /// The connection that the descriptor has made.
    fileprivate var masterConnection: MasterConnection {
        get throws {
            guard let connection = master as? MasterConnection else { throw MasterConnectionError() }
            return connection
        }
    }
}

extension Master {
    fileprivate init(_ context: StrategyContext, _ master: MasterContext) async throws {
        var settings = try context.options(LocalOptions.self).settings(context.environment)
        settings.concurrency = context.work.concurrency
        settings.backlog = context.work.backlog
        settings.gap = context.work.throttle.gap
        settings.retry = context.work.retry
        settings.grace = context.grace
        let logger = context.logger
        let isOriginal = context.work.semantics == .original
        let listener = try await SharedListener.bind(host: master.host, port: master.port, group: context.group)
        try self.init(
            settings, on: context.group.next(), listener: listener, context: master, logger: logger,
            makeOriginal: isOriginal
                ? { OriginalDispatcher(backlog: context.work.backlog, meters: $0.delivery, logger: logger) } : nil)
    }
}
