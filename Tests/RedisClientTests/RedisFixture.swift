import Logging
import NIOCore
import NIOPosix
import RedisClient
import BgdemoTestSupport

let silent = Logger(label: "redis-tests") { _ in SwiftLogNoOpLogHandler() }

var anyLoop: any EventLoop { MultiThreadedEventLoopGroup.singleton.any() }

/// A connection that does not give a test more than a moment.
func connection(_ url: String, _ change: (inout RedisOptions) -> Void = { _ in }) throws -> RedisConnection {
    var options = RedisOptions()
    options.commandTimeout = .seconds(10)
    options.unavailableTimeout = .seconds(10)
    options.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(20)
    change(&options)
    return RedisConnection(try RedisURL(url), on: anyLoop, options: options, logger: silent)
}

/// What a call throws, or an error that it does not.
func failure(_ call: () async throws -> some Any) async -> RedisError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? RedisError
    }
}

/// What a call returns once it does not throw an error that another try may cure.
func retried<T>(_ call: () async throws -> T) async throws -> T {
    while true {
        do {
            return try await call()
        } catch let error as RedisError where error.isRetryable {
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

/// Returns when `isSo`; the suite's time limit ends a wait in vain.
func until(_ isSo: () async throws -> Bool) async throws {
    while try await !isSo() { try await Task.sleep(for: .milliseconds(5)) }
}
