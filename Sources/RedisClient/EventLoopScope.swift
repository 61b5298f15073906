import BgdemoFoundations
import NIOCore

/// What one connection does on its event loop, until the connection is closed or the loop shuts down. From then on nothing
/// is scheduled: a loop that has shut down reports that as an error, and never runs it.
final class EventLoopScope: Sendable {
    /// Succeeds when a connection has ended, with what it needed from the Sentinels.
    typealias End = EventLoopFuture<[SentinelFollower.Membership]>

    /// Longer than any process lives.
    private static let forever = TimeAmount.hours(24 * 365 * 100)

    let loop: any EventLoop
    private let isOver = AtomicFlag()
    private let ended = Latch()
    private let shutdown: Scheduled<Void>
    private let end: @Sendable () -> End

    /// - Parameter end: Closes the connection. Called on the loop.
    init(_ loop: any EventLoop, end: @escaping @Sendable () -> End) {
        (self.loop, self.end) = (loop, end)
        // A loop that shuts down fails what is scheduled there.
        shutdown = loop.scheduleTask(in: Self.forever) {}
        shutdown.futureResult.whenFailure { [isOver, ended] error in
            guard case .shutdown? = error as? EventLoopError else { return }
            isOver.set(true)
            _ = end()
            ended.open()
        }
    }

    /// Whether nothing may be scheduled any more.
    var isClosed: Bool { isOver.isSet }

    func execute(_ task: @escaping @Sendable () -> Void) {
        if !isOver.isSet { loop.execute(task) }
    }

    /// Begins to close the connection.
    func close() {
        guard !isOver.exchange(true) else { return }
        loop.execute { [shutdown, ended, end] in
            shutdown.cancel()
            end().whenComplete { result in
                guard case .success(let memberships) = result, !memberships.isEmpty else { return ended.open() }
                Task {
                    for membership in memberships { await membership.end() }
                    ended.open()
                }
            }
        }
    }

    /// Closes the connection; returns when nothing of it is left on the loop, also where the task is cancelled.
    func close() async {
        let begin: () -> Void = close
        begin()
        await Task { [ended] in await ended.wait() }.value
    }
}
