import BgdemoCore
import BgdemoNetSupport
import BgdemoPipes
import BgdemoSpool
import Logging
import NIOCore
import ServiceLifecycle
import Subprocess
import UnixSignals

/// The process that starts the web server and the workers, owns every mail between them, and replaces a child that dies.
///
///     setInterval(masterLoop, 1000)   each second: is every child there, does each answer?
///
/// A child that hangs is killed. One that died is started again: at once, or, where it dies again and again, after up to
/// 30 s. The mails that it had in hand go to the next. All state belongs to one event loop, which is the actor's
/// executor; a mail costs no task here.
actor Master: Service {
    /// The steps of a graceful stop, in this order.
    enum Phase: Comparable {
        case running
        /// The web server finishes its requests; mails still come.
        case closing
        /// No mail comes any more; the workers send those that there are.
        case draining
        /// The workers finish what is in hand.
        case stoppingWorkers
    }

    /// A child to be started.
    struct SpawnRequest: Sendable {
        let number: Int
        let role: ChildRole
        let signals: AsyncStream<Signal>
    }

    nonisolated let loop: any EventLoop
    let settings: MasterSettings
    let listener: SharedListener
    let context: MasterContext
    let logger: Logger
    let meters: MasterMeters
    let dispatcher: any MailDispatcher
    private let spool: Spool?
    private let deadLetters: DeadLetters?
    nonisolated let spawnRequests = AsyncStream<SpawnRequest>.makeStream()
    var phase = Phase.running
    var children: [Int: Child] = [:]
    var lastNumber = 0
    var backoffs: [ChildSlot: RestartBackoff] = [:]
    /// When a graceful stop has taken as long as it may.
    var deadline = NIODeadline.distantFuture
    /// The number of the web server that accepts. NIO wants a listening socket for itself: one accepts at a time.
    var acceptingServer: Int?
    /// The slots whose children are to be replaced, one after the other; the first is being replaced.
    var replacements: [ChildSlot] = []

    /// How long a child may be without an answer, and how long it may take to start.
    private static let answerTimeout = TimeAmount.seconds(10)
    private static let startTimeout = TimeAmount.seconds(20)
    /// How long a child has, past the deadline of a stop, to report what it has done.
    static let reportTime = TimeAmount.seconds(1)

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - listener: Where the web servers accept.
    ///   - makeOriginal: Makes the dispatcher of 2016; nil for the safe one.
    /// - Throws: ``SpoolError`` where spool or dead letters can't be written.
    init(
        _ settings: MasterSettings, on loop: any EventLoop, listener: SharedListener, context: MasterContext,
        logger: Logger, makeOriginal: ((MasterMeters) -> any MailDispatcher)?
    ) throws {
        self.settings = settings
        self.loop = loop
        self.listener = listener
        self.context = context
        self.logger = logger
        meters = MasterMeters()
        deadLetters = try settings.deadLetters.map { try DeadLetters($0, logger: logger) }
        let opened = try settings.spool.map { try Spool.open($0, sync: settings.spoolSync, logger: logger) }
        spool = opened?.0
        if let directory = settings.spool { try FileIdempotencyStore.compact(directory) }
        if let makeOriginal {
            dispatcher = makeOriginal(meters)
        } else {
            let dispatcher = Dispatcher(
                settings, loop: loop, meters: meters, spool: spool, deadLetters: deadLetters, logger: logger)
            if let recovered = opened?.1 { Self.resume(recovered, dispatcher, logger) }
            self.dispatcher = dispatcher
        }
    }

    /// Continues with the mails of the master before this one.
    private static func resume(_ recovered: Spool.RecoveredMails, _ dispatcher: Dispatcher, _ logger: Logger) {
        if recovered.damaged > 0 {
            logger.error(
                "the spool is damaged: bytes in its middle are no record and were skipped",
                metadata: ["bytes": "\(recovered.damaged)"])
        }
        if recovered.torn > 0 {
            logger.warning(
                "the last record of the spool was not written whole and was cut off",
                metadata: ["bytes": "\(recovered.torn)"])
        }
        guard !recovered.mails.isEmpty else { return }
        logger.notice("mails of the spool are still to be sent", metadata: ["mails": "\(recovered.mails.count)"])
        dispatcher.resume(recovered.mails)
    }

    // MARK: - Running

    func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.replaceChildrenAtHangup() }
                start()
                for await request in spawnRequests.stream { group.addTask { await self.runChild(request) } }
                group.cancelAll()
            }
        } onGracefulShutdown: {
            Task { await self.stop() }
        }
        dispatcher.close()
        await deadLetters?.close()
        await spool?.close()
        logger.info("ended")
    }

    private func start() {
        context.announce(listener.port)
        logger.info("started master")
        spawn(ChildSlot(role: .server, index: 0))
        for index in 0..<settings.workers { spawn(ChildSlot(role: .worker, index: index)) }
        checkChildren()
    }

    /// The talk's `masterLoop`.
    private func checkChildren() {
        for child in children.values {
            let silence = child.ping()
            guard silence > (child.wasReady ? Self.answerTimeout : Self.startTimeout) else { continue }
            logger.error(
                "killing a child that does not answer",
                metadata: ["child": "\(child.name)", "for": "\(silence.nanoseconds / 1_000_000_000) s"])
            child.kill()
        }
        dispatcher.record()
        let metrics = context.metrics()
        let spoolFailure = spool?.failure() ?? ""
        for child in children.values where child.role == .server && child.isReading {
            if spool != nil { child.send(.spool(spoolFailure)) }
            child.send(.metrics(metrics))
        }
        later(.seconds(1)) { $0.checkChildren() }
    }

    func later(_ delay: TimeAmount, _ body: @escaping @Sendable (isolated Master) -> Void) {
        loop.scheduleTask(in: delay) { self.assumeIsolated { body($0) } }
    }

    private func replaceChildrenAtHangup() async {
        for await _ in await UnixSignalsSequence(trapping: .sighup) { replaceChildren() }
    }
}
