import BgdemoTestSupport
import Eventr
import Foundation
import Logging
import NIOCore
import NIOPosix
import QueueBus
import RedisClient
import Resque
import ServiceLifecycle
import Synchronization
import Testing

/// The whole life of an application that uses all libraries on event loops of its own, which it shuts down at the end. Each
/// runs in a process of its own, whose standard error shows what NIO complains about.
@Suite(.timeLimit(.minutes(2)))
struct ApplicationLifeTests {
    @Test("Nothing is scheduled on event loops that were shut down after the services have ended")
    func gracefulEnd() async throws {
        try await withRedisServer { server in
            let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                [url = server.url as String] in
                for _ in 0..<3 { try await Application(url, 4).live { await $0.triggerGracefulShutdown() } }
            }
            Self.expectQuiet(result)
        }
    }

    @Test("Nor where the application is cancelled with jobs and events in hand")
    func cancelledEnd() async throws {
        try await withRedisServer { server in
            let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                [url = server.url as String] in
                for _ in 0..<3 { try await Application(url, 400).liveCancelled(afterJobs: 40) }
            }
            Self.expectQuiet(result)
        }
    }

    @Test("Nor where connections are released, and used, after their event loops were shut down")
    func lateRelease() async throws {
        try await withRedisServer { server in
            let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
                [url = server.url as String] in
                let url = try RedisURL(url)
                let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
                let pool = RedisConnectionPool(url, on: group, logger: silent)
                let away = RedisConnection(try RedisURL("unix:///nowhere"), on: group.any(), logger: silent)
                var messages: RedisSubscription? = RedisSubscription(
                    url, channels: ["c"], on: group.any(), logger: silent)
                _ = try await pool.send("PING")
                try await group.shutdownGracefully()
                messages = nil
                #expect(messages == nil)
                await #expect(throws: RedisError.closed) { try await pool.send("PING") }
                await #expect(throws: RedisError.closed) { try await away.send("PING") }
                await pool.close()
            }
            Self.expectQuiet(result)
        }
    }

    private static func expectQuiet(_ result: ExitTest.Result?) {
        let said = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(!said.contains("Cannot schedule") && !said.contains("leak"), "\(said)")
    }
}

private let silent = Logger(label: "application") { _ in SwiftLogNoOpLogHandler() }

/// A web shop with a worker, a scheduler, a consumer and a bus.
private struct Application {
    let url: RedisURL
    let count: Int
    let done = Watched(0)

    init(_ url: String, _ count: Int) throws {
        (self.url, self.count) = (try RedisURL(url), count)
    }

    /// Lives until all jobs and events are done, and `stop` has ended the services.
    func live(_ stop: @Sendable (ServiceGroup) async -> Void) async throws {
        try await run(on: count * 3) { services, _ in await stop(services) }
    }

    func liveCancelled(afterJobs jobs: Int) async throws {
        try await run(on: jobs) { _, task in task.cancel() }
    }

    private func run(
        on goal: Int, _ stop: @Sendable (ServiceGroup, Task<Void, any Error>) async -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let redis = RedisConnectionPool(url, on: group, logger: silent)
        let services = try await services(redis, on: group)
        let task = Task { try await services.run() }
        let queue = Queue(redis: redis)
        let (producer, publisher) = (Producer(name: "shop", redis: redis), Publisher(queue))
        for number in 0..<count {
            try await queue.enqueue("count", number, to: "counts")
            try await producer.write(["eventName": "count"])
            try await publisher.publish("counted")
        }
        try await done.wait(until: { $0 >= goal })
        await stop(services, task)
        // A cancelled group throws.
        _ = await task.result
        await redis.close()
        try await group.shutdownGracefully()
    }

    private func services(_ redis: RedisConnectionPool, on group: MultiThreadedEventLoopGroup) async throws
        -> ServiceGroup
    {
        var bus = Bus(redis: redis, logger: silent)
        bus.ride(try QueueBus.Application("shop"), "all", on: Matcher(["bus_event_type": .value("counted")])) {
            [done] _ in done.change { $0 += 1 }
        }
        try await bus.subscribe()
        var jobs = bus.jobs()
        jobs.register("count") { [done] (job, number: Int) in
            done.change { $0 += 1 }
            try? await Task.sleep(for: .milliseconds(1))
        }
        let handler = EventHandler("count") { [done] _ in done.change { $0 += 1 } }
        let worker = Worker(
            queues: ["counts", Publisher.incoming] + bus.queues, jobs: jobs, redis: url, on: group, logger: silent)
        let another = MultiWorker(queues: ["*"], jobs: jobs, redis: url, on: group, logger: silent)
        let scheduler = Scheduler(redis: redis, logger: silent)
        let consumer = Consumer(name: "shop", handlers: [handler], redis: url, on: group, logger: silent)
        return ServiceGroup(services: [worker, another, scheduler, consumer], logger: silent)
    }
}
