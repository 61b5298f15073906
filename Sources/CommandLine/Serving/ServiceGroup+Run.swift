import ServiceLifecycle
import UnixSignals

extension ServiceGroup {
    /// Runs until a signal ends it gracefully, or one of the services ends.
    static func run(
        _ services: [any Service], until signals: [UnixSignal] = [.sigterm, .sigint]
    ) async throws {
        try await ServiceGroup(
            configuration: .init(
                services: services.map {
                    // A name for the log, which is silent. By default it is the description of the whole service, all that
                    // it refers to included, which is a quarter of the time that a server takes to start.
                    .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup, serviceName: "service")
                },
                gracefulShutdownSignals: signals, logger: .silent)
        ).run()
    }
}
