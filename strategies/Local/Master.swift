package import BgdemoNetSupport
package import Logging
package import NIOCore
package import BgdemoPipes
import ServiceLifecycle
import BgdemoSpool
import Subprocess
import UnixSignals

/// The process that starts the others, owns every mail between them, and brings back who dies.
///
///     setInterval(masterLoop, 1000)   every second: is everybody there, does everybody answer?
///
/// A child that hangs is killed, one that died is started anew, at once or, where it dies again and again, after up to
/// 30 s. What a dead child had in hand goes to the next. All state belongs to one event loop, which is the actor's
/// executor; a mail costs no task here.
package actor Master: Service {
    /// What happens when a signal has asked the master to end, one after the other.
    enum Phase: Comparable {
        case running
        /// The web server finishes its requests; mails still come.
        case closing
        /// No mail comes any more; the workers work off what there is.
        case draining
        /// The workers finish what is in hand.
        case leaving
    }

    nonisolated let loop: any EventLoop
    let settings: MasterSettings
    let listener: SharedListener
    let launch: @Sendable (ChildRole) -> ChildCommand
    let logger: Logger
    let terminal: MasterOutput
    let meters: MasterMeters
    let dispatcher: Dispatcher
    private let spool: Spool?
    private let deadLetters: DeadLetters?
    nonisolated let spawnRequests = AsyncStream<SpawnRequest>.makeStream()
    var phase = Phase.running
    var children: [Int: Child] = [:]
    var next = 0
    var backoffs: [ChildSlot: RestartBackoff] = [:]
    /// When what is not done by then is left undone.
    var deadline = NIODeadline.distantFuture
    /// The web server that accepts. NIO wants a listening socket for itself, so that there is one at a time.
    var acceptor: Int?
    /// Places whose children are to be renewed, one after the other; the first is being renewed.
    var renewals: [ChildSlot] = []

    /// How long a child may be silent, and how long it may take to start.
    private static let silence = TimeAmount.seconds(10)
    private static let starting = TimeAmount.seconds(20)
    /// What a child has, past the time to end, to report what it has done.
    static let lastWord = TimeAmount.seconds(1)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// A child that is to be started.
    struct SpawnRequest: Sendable {
        let number: Int
        let role: ChildRole
        let signals: AsyncStream<Signal>
    }

    /// - Parameters:
    ///   - listener: Where the web servers accept.
    ///   - launch: How a child of this role is started.
    /// - Throws: ``SpoolError`` where spool or dead letters can't be written.
    package init(
        _ settings: MasterSettings, on loop: any EventLoop, listener: SharedListener, terminal: MasterOutput,
        logger: Logger, launch: @escaping @Sendable (ChildRole) -> ChildCommand
    ) throws {
        self.settings = settings
        self.loop = loop
        self.listener = listener
        self.terminal = terminal
        self.logger = logger
        self.launch = launch
        meters = MasterMeters()
        deadLetters = try settings.deadLetters.map { try DeadLetters($0, logger: logger) }
        let opened = try settings.spool.map { try Spool.open($0, sync: settings.spoolSync, logger: logger) }
        spool = opened?.0
        dispatcher = Dispatcher(
            settings, loop: loop, meters: meters, spool: spool, deadLetters: deadLetters, logger: logger)
        if let found = opened?.1 { Self.resume(found, dispatcher, logger) }
    }

    /// Goes on where a master before this one has ended.
    private static func resume(_ found: Spool.Found, _ dispatcher: Dispatcher, _ logger: Logger) {
        if found.damaged > 0 {
            logger.error(
                "the spool is damaged: \(found.damaged) bytes in its middle are no record, and were passed over")
        }
        if found.torn > 0 {
            logger.warning("the spool's last record was not written whole: \(found.torn) bytes of it were cut off")
        }
        guard !found.mails.isEmpty else { return }
        logger.notice("\(found.mails.count) emails of the spool are still to be sent")
        dispatcher.resume(found.mails)
    }

    // MARK: - Life

    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.heedHangups() }
                start()
                for await request in spawnRequests.stream { group.addTask { await self.live(request) } }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            Task { await self.stop() }
        }
        dispatcher.abandon()
        await deadLetters?.close()
        await spool?.close()
        logger.info("ended")
    }

    func start() {
        terminal.started()
        logger.info("started master")
        fill(ChildSlot(role: .server, place: 0))
        for place in 0..<settings.workers { fill(ChildSlot(role: .worker, place: place)) }
        look()
    }

    /// The talk's `masterLoop`.
    private func look() {
        for child in children.values {
            let silence = child.ask()
            guard silence > (child.isReady ? Self.silence : Self.starting) else { continue }
            logger.error("\(child.name) has not answered for \(silence.nanoseconds / 1_000_000_000) s: killing it")
            child.kill()
        }
        dispatcher.record()
        let numbers = terminal.metrics()
        for child in children.values where child.role == .server && child.listens { child.post(.metrics(numbers)) }
        later(.seconds(1)) { $0.look() }
    }

    func later(_ delay: TimeAmount, _ body: @escaping @Sendable (isolated Master) -> Void) {
        loop.scheduleTask(in: delay) { self.assumeIsolated { body($0) } }
    }

    private func heedHangups() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { renew() }
    }
}
