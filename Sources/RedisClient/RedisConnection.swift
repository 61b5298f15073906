public import Logging
public import NIOCore
import Synchronization

/// One connection to Redis on one event loop. It connects as soon as it is made, and again whenever it breaks, until it
/// is closed; meanwhile commands wait (see ``RedisOptions``).
///
/// A command that may have run is never sent again by itself: where the connection breaks before the reply, the caller
/// gets an error that says so. A command that a server refused because it is not the primary did not run; it is sent
/// again over the next connection.
public final class RedisConnection: RedisCommands {
    /// Where it connects to.
    public let url: RedisURL
    /// The loop on which it works.
    public var eventLoop: any EventLoop { scope.loop }
    private let options: RedisOptions
    private let isUp: AtomicFlag
    private let queue: NIOLoopBoundBox<CommandQueue>
    private let scope: EventLoopScope

    /// Begins to connect; commands wait meanwhile.
    public convenience init(
        _ url: RedisURL, on eventLoop: any EventLoop, options: RedisOptions = RedisOptions(), logger: Logger
    ) {
        self.init(url, on: eventLoop, options, options.outageLogger ?? OutageLogger(url, logger))
    }

    init(_ url: RedisURL, on eventLoop: any EventLoop, _ options: RedisOptions, _ outage: OutageLogger) {
        self.url = url
        self.options = options
        let isUp = AtomicFlag()
        self.isUp = isUp
        let queue = NIOLoopBoundBox.makeBoxSendingValue(
            CommandQueue(ReconnectingConnection(url, on: eventLoop, options, outage), options, isUp),
            eventLoop: eventLoop)
        self.queue = queue
        scope = EventLoopScope(eventLoop) { queue.value.close() }
        perform { $0.start() }
    }

    deinit {
        close()
    }

    /// Whether a command would be sent at once.
    public var isConnected: Bool { isUp.isSet }

    /// Begins to close the connection. Commands that wait, and all later ones, fail with ``RedisError/closed``.
    public func close() {
        scope.close()
    }

    /// Closes the connection. Commands that wait, and all later ones, fail with ``RedisError/closed``. When this returns,
    /// nothing of the connection is left on its event loop, which may then be shut down.
    public func close() async {
        await scope.close()
    }

    public func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        try await execute(command, timeLimit ?? options.commandTimeout, isBlocking: false)
    }

    public func send(_ command: RedisCommand, after other: RedisCommand) async throws(RedisError) -> RedisValue {
        try await execute(command, options.commandTimeout, isBlocking: false, after: other)
    }

    /// Sends a command that Redis answers only when there is an element, or its own timeout is over: `BLMOVE`, `BLPOP`, …
    ///
    /// Later commands on this connection wait for it too: give it a connection of its own. Cancelling it closes the
    /// connection and makes a new one, so that Redis stops waiting as well. An element that Redis is just handing over is
    /// then lost with a command that only takes (`BLPOP`), and safe with one that moves (`BLMOVE`).
    ///
    /// - Parameter wait: The timeout that the command itself gives to Redis; the time limit begins at its end.
    /// - Throws: ``RedisError``, as ``send(_:timeLimit:)`` does.
    public func blocking(_ command: RedisCommand, wait: Duration) async throws(RedisError) -> RedisValue {
        try await execute(command, wait + options.commandTimeout, isBlocking: true)
    }

    public func pipeline(
        _ commands: [RedisCommand], timeLimit: Duration?
    ) async throws(RedisError) -> [RedisValue] {
        guard !commands.isEmpty else { return [] }
        var bytes = ByteBufferAllocator().buffer(capacity: commands.reduce(0) { $0 + $1.bytes.readableBytes })
        for command in commands { bytes.writeImmutableBuffer(command.bytes) }
        let isCancelled = AtomicFlag()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    PendingCommand(
                        bytes, count: commands.count, timeLimit ?? options.commandTimeout, isBlocking: false,
                        isCancelled,
                        .many(continuation)))
            }
        } onCancel: {
            cancel(isCancelled)
        }.get()
    }

    private func execute(
        _ command: RedisCommand, _ timeLimit: Duration, isBlocking: Bool, after other: RedisCommand? = nil
    ) async throws(RedisError) -> RedisValue {
        let isCancelled = AtomicFlag()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                submit(
                    PendingCommand(
                        command.bytes, count: 1, timeLimit, isBlocking: isBlocking, isCancelled, .one(continuation),
                        after: other?.bytes))
            }
        } onCancel: {
            cancel(isCancelled)
        }.get().get()
    }

    private func submit(_ pending: PendingCommand) {
        if scope.isClosed {
            var pending = pending
            pending.fail(.closed)
        } else if eventLoop.inEventLoop {
            queue.value.submit(pending)
        } else {
            scope.execute { [queue] in queue.value.submit(pending) }
        }
    }

    private func cancel(_ isCancelled: AtomicFlag) {
        isCancelled.set(true)
        perform { $0.cancel(isCancelled) }
    }

    private func perform(_ action: @escaping @Sendable (CommandQueue) -> Void) {
        scope.execute { [queue] in action(queue.value) }
    }
}

/// A flag that one thread sets and others read.
final class AtomicFlag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set(_ isSet: Bool) { value.store(isSet, ordering: .relaxed) }

    /// Sets it, and returns what it was.
    func exchange(_ isSet: Bool) -> Bool { value.exchange(isSet, ordering: .relaxed) }
}
