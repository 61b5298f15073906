import BgdemoHTTPServer
import ServiceLifecycle
import BgdemoCore

/// The web server as a service.
struct WebService: Service {
    let server: HTTPServer
    let grace: ShutdownDeadline
    /// Called when no more clients are accepted.
    let closed: @Sendable () -> Void
    /// Ends the mails that clients wait for, shortly before the time is up, so that they are told.
    let giveUp: @Sendable () async -> Void

    func run() async throws {
        try await gracefulShutdown()
        grace.begin()
        await server.stopAccepting()
        closed()
        let left = grace.left
        await withTaskGroup { group in
            group.addTask { await server.drain(within: left) }
            group.addTask {
                do { try await Task.sleep(for: left.withoutReserve) } catch { return }
                await giveUp()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

/// The worker half of a strategy as a service. It waits for the first line, which is to be the first.
struct WorkerService: Service {
    let strategy: any Strategy
    let grace: ShutdownDeadline
    let startupLine: StartupLine

    func run() async throws {
        await startupLine.waitUntilPrinted()
        try await withGracefulShutdownHandler {
            try await strategy.work()
        } onGracefulShutdown: {
            grace.begin()
        }
    }
}

/// The first line as a service: it is said only when signals already end the process gracefully, since whoever reads
/// it may send one.
struct StartupLine: Service {
    private let say: @Sendable () -> Void
    private let saying: AsyncStream<Never>
    private let isSaid: AsyncStream<Never>.Continuation

    init(_ say: @escaping @Sendable () -> Void) {
        self.say = say
        (saying, isSaid) = AsyncStream.makeStream()
    }

    /// Returns when it has been said.
    func waitUntilPrinted() async {
        for await _ in saying {}
    }

    func run() async throws {
        say()
        isSaid.finish()
        try await gracefulShutdown()
    }
}
