import BgdemoCore
import BgdemoHTTPServer
import ServiceLifecycle

/// The web server as a service.
struct WebService: Service {
    let server: HTTPServer
    let deadline: ShutdownDeadline
    /// Called when no more clients are accepted.
    let closed: @Sendable () -> Void
    /// Ends the mails that clients wait for, shortly before the deadline, so that they get an answer.
    let endMails: @Sendable () async -> Void

    func run() async throws {
        try await gracefulShutdown()
        deadline.begin()
        await server.stopAccepting()
        closed()
        let left = deadline.left
        await withTaskGroup { group in
            group.addTask { await server.drain(within: left) }
            group.addTask {
                do { try await Task.sleep(for: left.withoutReserve) } catch { return }
                await endMails()
            }
            await group.next()
            group.cancelAll()
        }
    }
}

/// The worker of a strategy as a service. It starts after the startup line.
struct WorkerService: Service {
    let strategy: any Strategy
    let deadline: ShutdownDeadline
    let startupLine: StartupLine

    func run() async throws {
        await startupLine.waitUntilPrinted()
        try await withGracefulShutdownHandler {
            try await strategy.work()
        } onGracefulShutdown: {
            deadline.begin()
        }
    }
}

/// The startup line as a service: it is printed only when signals already stop the process gracefully, since a program
/// that reads it may send one.
struct StartupLine: Service {
    private let write: @Sendable () -> Void
    private let printed: AsyncStream<Never>
    private let printedContinuation: AsyncStream<Never>.Continuation

    init(_ write: @escaping @Sendable () -> Void) {
        self.write = write
        (printed, printedContinuation) = AsyncStream.makeStream()
    }

    func waitUntilPrinted() async {
        for await _ in printed {}
    }

    func run() async throws {
        write()
        printedContinuation.finish()
        try await gracefulShutdown()
    }
}
