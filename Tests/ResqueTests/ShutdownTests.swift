import BgdemoFoundations
import Foundation
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

/// How a worker leaves, and what it costs while it waits.
@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test("A stopping worker finishes its jobs and takes no more")
    func finishes() async throws {
        try await withResque { resque in
            let began = Watched(false)
            let go = Watched(false)
            var jobs = Jobs()
            jobs.register("slow") { _ in
                began.change { $0 = true }
                try await go.wait { $0 }
            }
            try await resque.push(#"{"class":"slow"}"#, #"{"class":"slow"}"#, to: "q")
            let worker = Worker(
                queues: ["q"], jobs: jobs, redis: resque.url, on: resque.redis.eventLoop, logger: resque.logger)
            let task = Task { try await worker.run() }
            try await began.wait { $0 }
            task.cancel()
            try await resque.until { _ in worker.processorGroup.phase == .draining }
            go.change { $0 = true }
            try await task.value
            #expect(try await resque.queue.length(of: "q") == 1)
            #expect(try await resque.keys() == ["resque:queue:q", "resque:queues", "resque:stat:processed"])
        }
    }

    @Test("A job that is not done in time goes back to the front of its queue")
    func givesBack() async throws {
        try await withResque { resque in
            let began = Watched(0)
            let end = Watched(false)
            var jobs = Jobs()
            jobs.register("listening") { _ in
                began.change { $0 += 1 }
                try await Task.sleep(for: .seconds(1000))
            }
            jobs.register("deaf") { _ in
                began.change { $0 += 1 }
                while !end.value { await Task.yield() }
            }
            try await resque.push(#"{"class":"listening"}"#, #"{"class":"deaf"}"#, #"{"class":"next"}"#, to: "q")
            var options = WorkerOptions()
            options.concurrency = 2
            options.grace = .milliseconds(50)
            let start = ContinuousClock.now
            try await resque.withWorker(jobs, queues: ["q"], options: options) { try await began.wait { $0 == 2 } }
            #expect(ContinuousClock.now - start < .seconds(10))
            end.change { $0 = true }
            let queue = try await resque.texts("LRANGE", "resque:queue:q", "0", "-1")
            #expect(Set(queue.prefix(2)) == [#"{"class":"listening"}"#, #"{"class":"deaf"}"#])
            #expect(queue.last == #"{"class":"next"}"#)
            #expect(try await resque.queue.workers().isEmpty)
            #expect(try await resque.texts("HVALS", "resque:swift:again").allSatisfy { $0.hasSuffix(",0,0") })
        }
    }

    @Test("Nothing is tried again once the connections are closed: a stop does not wait for the next attempt")
    func closed() async throws {
        try await withResque { resque in
            let group = ProcessorGroup(
                queues: ["q"], jobs: Jobs(), redis: resque.url, on: resque.redis.eventLoop, options: WorkerOptions(),
                logger: resque.logger, events: nil)
            let attempts = Watched(0)
            let trying = Task {
                await group.retry(until: .stopped, WorkerID(queues: ["q"])) { _ in
                    attempts.change { $0 += 1 }
                    throw CancellationError()
                } as Void?
            }
            // From then on half a second and more passes between two attempts.
            try await attempts.wait { $0 == 7 }
            await group.closeConnections()
            #expect(await trying.value == nil)
            #expect(attempts.value == 7)
        }
    }

    @Test("A pushed job wakes an idle worker, which sends few commands meanwhile")
    func idle() async throws {
        try await withResque { resque in
            let taken = Watched(0)
            var jobs = Jobs()
            jobs.register("look") { _ in taken.change { $0 += 1 } }
            var options = WorkerOptions()
            options.concurrency = 20
            try await resque.withWorker(jobs, queues: ["a", "b"], options: options) {
                try await resque.until { try await $0.queue.workers().count == 20 }
                for round in 1...20 {
                    _ = try await resque.redis.send(
                        "RPUSH", "resque:queue:\(round % 2 == 0 ? "a" : "b")", #"{"class":"look"}"#)
                    try await taken.wait { $0 == round }
                }
                let began = ContinuousClock.now
                let before = try await commands(resque)
                try await Task.sleep(for: .seconds(2))
                let seconds = (ContinuousClock.now - began) / .seconds(1)
                // What the last jobs left to be done, and then next to nothing.
                #expect(Double(try await commands(resque) - before) <= 40 + 5 * seconds)
            }
        }
    }

    @Test("Where Redis cannot block on a list without taking from it, the queues are polled")
    func oldRedis() async throws {
        try await withResque(["--rename-command", "BLMOVE", ""]) { resque in
            let performed = Watched(0)
            var jobs = Jobs()
            jobs.register("look") { _ in performed.change { $0 += 1 } }
            try await resque.withWorker(jobs, queues: ["q"]) {
                for round in 1...3 {
                    try await resque.push(#"{"class":"look"}"#, to: "q")
                    try await performed.wait { $0 == round }
                }
            }
        }
    }

    private func commands(_ resque: ResqueFixture) async throws -> Int {
        let info = try await resque.text("INFO", "stats") ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_commands_processed:") }
        return line.flatMap { Int($0.split(separator: ":")[1]) } ?? 0
    }

    @Test("A worker writes heartbeats while its jobs block every thread")
    func busy() async throws {
        try await withResque { resque in
            let time = 0.5
            var jobs = Jobs()
            jobs.register("busy") { _ in
                let end = ContinuousClock.now + .seconds(time)
                while ContinuousClock.now < end {}
            }
            let threads = ProcessInfo.processInfo.activeProcessorCount
            for _ in 0..<threads { try await resque.push(#"{"class":"busy"}"#, to: "q") }
            var options = WorkerOptions()
            options.concurrency = threads
            options.heartbeat = .milliseconds(20)
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                try await resque.until { try await $0.queue.stats().processed == threads }
                // Each sign of life is a script that asks for the time before.
                let info = try #require(try await resque.text("INFO", "commandstats"))
                let calls = try #require(info.firstMatch(of: /cmdstat_time:calls=([0-9]+)/)?.1)
                #expect(try #require(Int(calls)) >= Int(time / 0.02) / 2)
            }
        }
    }

    @Test(
        "While processors are added and removed no wakeup is lost and no registration is left",
        arguments: [false, true])
    func comingAndGoing(whileScriptsAreForgotten: Bool) async throws {
        try await withResque { resque in
            let forgetting = Task {
                while whileScriptsAreForgotten, !Task.isCancelled { _ = try await resque.redis.send("SCRIPT", "FLUSH") }
            }
            defer { forgetting.cancel() }
            let performed = Watched(0)
            var jobs = Jobs()
            jobs.register("look") { _ in performed.change { $0 += 1 } }
            var options = WorkerOptions()
            options.heartbeat = .milliseconds(1)
            let worker = Worker(
                queues: ["q"], jobs: jobs, redis: resque.url, on: resque.redis.eventLoop, options: options,
                logger: resque.logger)
            let task = Task { try await worker.run() }
            var generator = SeededRandom(seed: 3)
            for round in 1...150 {
                worker.processorGroup.resize(to: Int.random(in: 1...6, using: &generator))
                if round % 3 == 0 { await Task.yield() }
                try await resque.push(#"{"class":"look"}"#, to: "q")
                if round % 2 == 0 { try await performed.wait { $0 == round } }
            }
            worker.processorGroup.resize(to: 1)
            try await resque.until { _ in worker.processorGroup.processors.count == 1 }
            #expect(try await resque.queue.workers().count == 1)
            task.cancel()
            try await task.value
            #expect(try await resque.keys() == ["resque:queues", "resque:stat:processed"])
        }
    }

    @Test("MultiWorker adds processors while jobs only wait, and removes idle ones")
    func scales() async throws {
        try await withResque { resque in
            let inside = Watched(0)
            let go = Watched(false)
            var jobs = Jobs()
            jobs.register("wait") { _ in
                inside.change { $0 += 1 }
                try await go.wait { $0 }
            }
            for _ in 0..<6 { try await resque.push(#"{"class":"wait"}"#, to: "q") }
            var scaling = MultiWorker.Scaling()
            scaling.processors = 1...5
            scaling.interval = .milliseconds(20)
            scaling.lateness = .seconds(10)
            let worker = MultiWorker(
                queues: ["q"], jobs: jobs, redis: resque.url, on: resque.redis.eventLoop, scaling: scaling,
                logger: resque.logger)
            let task = Task { try await worker.run() }
            try await inside.wait { $0 == 5 }
            #expect(try await resque.queue.workers().count == 5)
            go.change { $0 = true }
            try await inside.wait { $0 == 6 }
            try await resque.until { try await $0.queue.workers().count == 1 }
            task.cancel()
            try await task.value
            #expect(try await resque.queue.workers().isEmpty)
        }
    }

    @Test(
        "A worker without a job stops at once where Redis is away, does not answer, or is read-only",
        arguments: [
            "away", "silent", "read-only",
        ])
    func idle(fault: String) async throws {
        try await withResque { resque in
            let proxy = try await FaultProxy.start(to: resque.server.socket)
            let url = try RedisURL("redis://127.0.0.1:\(proxy.port)")
            let worker = Worker(
                queues: ["emailQueue"], jobs: Jobs(), redis: url, on: MultiThreadedEventLoopGroup.singleton,
                logger: resque.logger)
            let run = Task { try await worker.run() }
            try await resque.until { try await !$0.queue.workers().isEmpty }
            switch fault {
            case "away":
                try await proxy.set(.refusing)
                proxy.cut()
            case "silent": try await proxy.set(.droppingReplies)
            default: _ = try await resque.redis.send("REPLICAOF", "127.0.0.1", "1")
            }
            let began = ContinuousClock.now
            run.cancel()
            try await run.value
            // It takes half a second, and more on a busy machine; the grace is 30 s.
            #expect(ContinuousClock.now - began < .seconds(10))
            try await proxy.close()
        }
    }
}
