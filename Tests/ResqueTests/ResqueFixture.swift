import Logging
import NIOPosix
import RedisClient
import BgdemoTestSupport

@testable import Resque

/// A Resque estate of a test's own: a redis-server, and somebody who looks at its keys.
struct ResqueFixture: Sendable {
    let server: RedisServer
    let url: RedisURL
    let redis: RedisConnection
    let queue: Queue
    let logger: Logger

    /// A command's reply, as text.
    func text(_ words: any RedisArgument...) async throws -> String? {
        try await redis.send(RedisCommand(words)).text
    }

    /// A command's reply, as a list of texts.
    func texts(_ words: any RedisArgument...) async throws -> [String] {
        try await redis.send(RedisCommand(words)).array?.compactMap(\.text) ?? []
    }

    /// Pushes jobs as Ruby or node does it.
    func push(_ jobs: String..., to queue: String = "emailQueue") async throws {
        for job in jobs { _ = try await redis.send("RPUSH", "resque:queue:\(queue)", job) }
        _ = try await redis.send("SADD", "resque:queues", queue)
    }

    /// All keys there are, beside those that a test expects.
    func keys(except expected: String...) async throws -> [String] {
        try await texts("KEYS", "*").filter { !expected.contains($0) }.sorted()
    }

    /// Returns when `isSo`, which Redis is asked again and again.
    func until(_ isSo: @Sendable (ResqueFixture) async throws -> Bool) async throws {
        while try await !isSo(self) { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// The first registered worker that is as wanted, when there is one.
    func someWorker(_ isWanted: (Queue.RegisteredWorker) -> Bool) async throws -> Queue.RegisteredWorker {
        while true {
            if let worker = try await queue.workers().first(where: isWanted) { return worker }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Runs a worker for as long as `body` runs.
    func withWorker(
        _ jobs: Jobs, queues: [String] = ["emailQueue"], options: WorkerOptions = WorkerOptions(),
        through url: String? = nil,
        events: @escaping @Sendable (String, WorkerEvent) -> Void = { _, _ in },
        _ body: @Sendable @escaping () async throws -> Void
    ) async throws {
        let worker = Worker(
            queues: queues, jobs: jobs, redis: try url.map { try RedisURL($0) } ?? self.url,
            on: MultiThreadedEventLoopGroup.singleton, options: options,
            logger: logger, events: events)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            do {
                try await body()
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }
}

func withResque(_ arguments: [String] = [], _ body: @Sendable @escaping (ResqueFixture) async throws -> Void)
    async throws
{
    try await withRedisServer(arguments) { server in
        let url = try RedisURL(server.url)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let redis = RedisConnection(url, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        try await body(
            ResqueFixture(server: server, url: url, redis: redis, queue: Queue(redis: redis), logger: logger))
        await redis.close()
    }
}
