import HTTP
import ServiceLifecycle
import Strategy

/// The web server as a service. It announces itself only here, where a signal already ends it gracefully: whoever
/// reads the first line may send one.
struct WebHalf: Service {
    let server: Server
    let grace: Duration
    let announce: @Sendable () -> Void

    func run() async throws {
        announce()
        try await gracefulShutdown()
        await server.drain(within: grace)
    }
}

/// The worker half of a strategy as a service.
struct WorkerHalf: Service {
    let strategy: any Strategy

    func run() async throws { try await strategy.work() }
}
