import Foundation
import Logging
import NIOPosix
import RedisClient
import Resque
import ServiceLifecycle
import Signup

@main
enum SignupWorker {
    /// Writes a line instead of a mail.
    struct Printer: Mailer {
        func send(_ text: String, to address: String) async throws { print("\(address): \(text)") }
    }

    static func main() async throws {
        let logger = Logger(label: "signup")
        let group = MultiThreadedEventLoopGroup.singleton
        let url = try RedisURL(ProcessInfo.processInfo.environment["REDIS_URL"] ?? "redis://127.0.0.1:6379")
        let worker = Worker(
            queues: [SendWelcome.queue], jobs: .signup(Printer()), redis: url, on: group, logger: logger)
        let connection = RedisConnection(url, on: group.next(), logger: logger)
        let services = ServiceGroup(
            services: [Scheduler(redis: connection, logger: logger), worker],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await services.run()
        await connection.close()
    }
}
