import Foundation
import Hummingbird
import Logging
import NIOPosix
import RedisClient
import Resque
import Signup

@main
enum SignupServer {
    static func main() async throws {
        let url = try RedisURL(ProcessInfo.processInfo.environment["REDIS_URL"] ?? "redis://127.0.0.1:6379")
        let redis = RedisConnectionPool(url, on: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "redis"))
        let port = ProcessInfo.processInfo.environment["PORT"].flatMap { Int($0) } ?? 8080
        let server = Application(
            router: SignupController(Queue(redis: redis)).router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: Logger(label: "signup"))
        try await server.runService()
        await redis.close()
    }
}
