import BgdemoFoundations
import BgdemoTestSupport
import Logging
import NIOPosix
import QueueBus
import RedisClient
import RedisTesting

@testable import Eventr
@testable import Resque

/// Where a behaviour is tested: both must show the same.
enum Store: String, CaseIterable, Sendable {
    case redis
    case inMemory = "in memory"

    /// Runs a test with a store of its own.
    func run(_ test: @Sendable (StoreFixture) async throws -> Void) async throws {
        switch self {
        case .inMemory:
            let redis = InMemoryRedis()
            try await test(StoreFixture(redis: redis, kind: self) { redis })
        case .redis:
            try await withRedisServer { server in
                let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                let url = try RedisURL(server.url)
                let connect = { @Sendable in
                    RedisConnection(url, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
                }
                let redis = connect()
                try await test(StoreFixture(redis: redis, kind: self, connect: connect))
                await redis.close()
            }
        }
    }
}

struct StoreFixture: Sendable {
    let redis: any RedisCommands
    let kind: Store
    /// Makes a connection for a worker.
    let connect: @Sendable () -> any BlockingRedisCommands

    func queue(_ jobs: Jobs = Jobs()) -> Queue { Queue(redis: redis, jobs: jobs) }

    /// Performs all jobs, and returns what became of them: `success`, `failure`, `reEnqueue`.
    func drain(_ jobs: Jobs, _ queues: [String] = ["*"], concurrency: Int = 1) async -> [String] {
        await Worker.drain(
            queues, jobs: jobs, namespace: "resque", concurrency: concurrency, connect: connect
        ).map { event in
            String("\(event)".prefix { $0 != "(" })
        }
    }

    /// Moves what is due after some seconds: the real clock is waited for, the other one is turned.
    func moveAfter(seconds: Int) async throws -> Int {
        if let memory = redis as? InMemoryRedis { memory.advance(by: .seconds(seconds)) }
        while true {
            let moved = try await Scheduler.moveDueJobs(redis: redis, namespace: "resque")
            if moved > 0 || kind == .inMemory { return moved }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The real clock is waited for, the other one is turned.
    func wait(seconds: Int) async throws {
        let begin = try await time()
        if let memory = redis as? InMemoryRedis { memory.advance(by: .seconds(seconds)) }
        while try await time() < begin + seconds { try await Task.sleep(for: .milliseconds(20)) }
    }

    func enqueueRecurringJobs() async throws {
        var reported: Set<ByteString> = []
        _ = try await Scheduler(redis: redis, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            .enqueueRecurringJobs(&reported)
    }

    private func time() async throws -> Int {
        Int(try await redis.send("TIME").array?.first?.text ?? "") ?? 0
    }

    func handle(_ consumer: String, _ handlers: [EventHandler]) async -> [ConsumerEvent] {
        var options = ConsumerOptions()
        // No retry is due while the test runs.
        options.retryDelay = .seconds(200)
        return await Consumer.drain(consumer, handlers, redis: redis, options: options)
    }
}
