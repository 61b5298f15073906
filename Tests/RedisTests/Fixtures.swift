import Logging
import NIOCore
import NIOPosix
import Redis
import Support

let silent = Logger(label: "redis-tests") { _ in SwiftLogNoOpLogHandler() }

var anyLoop: any EventLoop { MultiThreadedEventLoopGroup.singleton.any() }

/// A connection that does not give a test more than a moment.
func connection(_ url: String, _ change: (inout RedisOptions) -> Void = { _ in }) throws -> RedisConnection {
    var options = RedisOptions()
    options.timeLimit = .seconds(10)
    options.awayTime = .seconds(10)
    options.backoff = .milliseconds(5)...Duration.milliseconds(20)
    change(&options)
    return RedisConnection(try RedisURL(url), on: anyLoop, options: options, logger: silent)
}

/// What a call throws, or an error that it does not.
func failure(of call: () async throws -> some Any) async -> RedisError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? RedisError
    }
}
