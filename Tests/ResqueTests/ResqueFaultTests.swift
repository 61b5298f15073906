import Foundation
import NIOPosix
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

/// Redis goes away, comes back, and answers what nobody hears: no job is lost, and few are performed twice.
@Suite(.timeLimit(.minutes(1)))
struct ResqueFaultTests {
    /// How often each of the jobs `0..<count` was performed.
    private typealias Tally = Watched<[Int: Int]>

    private func tallying(_ tally: Tally) -> Jobs {
        var jobs = Jobs()
        jobs.register("count") { (_, number: Int) in
            try await Task.sleep(for: .milliseconds(2))
            tally.change { $0[number, default: 0] += 1 }
        }
        return jobs
    }

    private func push(_ count: Int, in resque: ResqueFixture) async throws {
        for number in 0..<count { try await resque.queue.enqueue("count", number, to: "q") }
    }

    /// No worker has a job, and none is remembered.
    private func isTidy(_ resque: ResqueFixture) async throws -> Bool {
        let workers = try await resque.texts("KEYS", "resque:worker:*:q")
        let turns = try await resque.text("EXISTS", "resque:swift:turns")
        return workers.isEmpty && turns == "0"
    }

    private var options: WorkerOptions {
        var options = WorkerOptions()
        options.concurrency = 8
        options.redis.commandTimeout = .milliseconds(300)
        options.redis.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(50)
        return options
    }

    @Test("Connections that are cut lose no job, and have few performed twice")
    func cut() async throws {
        try await withResque { resque in
            let proxy = try await FaultProxy.start(to: resque.server.socket)
            let tally = Tally([:])
            let count = 500
            try await push(count, in: resque)
            try await resque.withWorker(
                tallying(tally), queues: ["q"], options: options, through: "redis://127.0.0.1:\(proxy.port)"
            ) {
                for cuts in 1...6 {
                    try await tally.wait { $0.count >= min(count, cuts * 70) }
                    proxy.cut()
                }
                try await tally.wait { $0.count == count }
                try await resque.until(isTidy)
            }
            let twice = tally.value.values.filter { $0 > 1 }.count
            #expect(twice <= 6 * 8)
            #expect(try await resque.queue.failedCount() == 0)
            #expect(try await resque.texts("KEYS", "resque:worker*").isEmpty)
            try await proxy.close()
        }
    }

    @Test("A reply that is lost loses neither the job that was reserved nor the acknowledgement that it carried")
    func swallowed() async throws {
        try await withResque { resque in
            let proxy = try await FaultProxy.start(to: resque.server.socket)
            let tally = Tally([:])
            let count = 200
            try await push(count, in: resque)
            try await resque.withWorker(
                tallying(tally), queues: ["q"], options: options, through: "redis://127.0.0.1:\(proxy.port)"
            ) {
                for round in 1...3 {
                    try await tally.wait { $0.count >= round * 40 }
                    try await proxy.set(.droppingReplies)
                    // All that is in hand is done, and waits for a reply.
                    try await Task.sleep(for: .milliseconds(100))
                    try await proxy.set(.normal)
                    proxy.cut()
                }
                try await tally.wait { $0.count == count }
                try await resque.until(isTidy)
            }
            // The turn says which of both had happened: nothing is performed twice.
            #expect(tally.value.values.allSatisfy { $0 == 1 })
            #expect(try await resque.text("GET", "resque:stat:processed") == "\(count)")
            try await proxy.close()
        }
    }

    @Test("Redis that is killed and started again finds its workers waiting, and every job")
    func killed() async throws {
        try await withResque(["--appendonly", "yes", "--appendfsync", "always"]) { resque in
            let tally = Tally([:])
            let count = 300
            try await push(count, in: resque)
            try await resque.withWorker(tallying(tally), queues: ["q"], options: options) {
                for round in 1...2 {
                    try await tally.wait { $0.count >= round * 80 }
                    try await resque.server.end()
                    try await resque.server.start()
                }
                try await tally.wait { $0.count == count }
                try await resque.until(isTidy)
            }
            #expect(tally.value.values.filter { $0 > 1 }.count <= 2 * 8)
            #expect(try await resque.queue.failedCount() == 0)
        }
    }

    @Test("After Redis has lost everything, workers register again and work what comes")
    func flushed() async throws {
        try await withResque { resque in
            let tally = Tally([:])
            var options = options
            options.heartbeat = .milliseconds(50)
            try await resque.withWorker(tallying(tally), queues: ["q"], options: options) {
                _ = try await resque.someWorker { _ in true }
                _ = try await resque.redis.send("FLUSHALL")
                try await push(1, in: resque)
                try await tally.wait { $0.count == 1 }
                try await resque.until { try await $0.queue.workers().count == 8 }
            }
        }
    }

    @Test("A worker whose job was taken over does not acknowledge it")
    func fenced() async throws {
        try await withResque { resque in
            let runs = Watched(0)
            let go = Watched(false)
            var jobs = Jobs()
            jobs.register("hold") { _ in
                let run = runs.change { runs in
                    runs += 1
                    return runs
                }
                if run == 1 { try await go.wait { $0 } }
            }
            try await resque.push(#"{"class":"hold"}"#, to: "q")
            let errors = Watched<[String]>([])
            try await resque.withWorker(jobs, queues: ["q"]) { _, event in
                if case .error(let error, _) = event { errors.change { $0.append("\(error)") } }
            } _: {
                let worker = try await resque.someWorker { $0.working != nil }
                let store = ResqueStore(redis: resque.redis, keys: ResqueKeys(namespace: "resque"))
                let (record, memory) = try await store.record(of: WorkerID(worker.id))
                #expect(try await store.removeWorker(WorkerID(worker.id), record, heartbeat: nil, .front(memory)))
                go.change { $0 = true }
                try await runs.wait { $0 == 2 }
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
            }
            #expect(errors.value.count == 1 && errors.value[0].contains("taken for dead"))
            #expect(try await resque.queue.length(of: "q") == 0)
        }
    }

    @Test("What Redis refuses for want of memory does not keep workers from making room")
    func outOfMemory() async throws {
        try await withResque { resque in
            let tally = Tally([:])
            try await push(300, in: resque)
            _ = try await resque.redis.send("CONFIG", "SET", "maxmemory", "1")
            try await resque.withWorker(tallying(tally), queues: ["q"], options: options) {
                try await tally.wait { $0.count == 300 }
            }
            #expect(tally.value.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("A queue key of another type is reported and does not stop the other queues")
    func wrongType() async throws {
        try await withResque { resque in
            let tally = Tally([:])
            let told = Watched(false)
            _ = try await resque.redis.send("SET", "resque:queue:bad", "x")
            try await push(3, in: resque)
            try await resque.withWorker(tallying(tally), queues: ["bad", "q"], options: options) { _, event in
                if case .error(let error, _) = event, "\(error)".contains("WRONGTYPE") { told.change { $0 = true } }
            } _: {
                try await tally.wait { $0.count == 3 }
                try await told.wait { $0 }
            }
        }
    }

    @Test("A job that is longer than other replies may be is performed")
    func longJob() async throws {
        try await withResque { resque in
            let size = Watched(0)
            var jobs = Jobs()
            jobs.register("long") { (_, text: String) in size.change { $0 = text.utf8.count } }
            var options = options
            options.redis.replyByteLimit = 1 << 16
            try await resque.push(#"{"class":"long","args":["\#(String(repeating: "x", count: 1 << 17))"]}"#, to: "q")
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                try await size.wait { $0 == 1 << 17 }
            }
        }
    }

    @Test("Times of zero between heartbeats end no process, and the worker works")
    func noTime() async throws {
        try await withResque { resque in
            let tally = Tally([:])
            var options = options
            (options.heartbeat, options.deadAfter) = (.zero, .zero)
            try await push(1, in: resque)
            try await resque.withWorker(tallying(tally), queues: ["q"], options: options) {
                try await tally.wait { $0.count == 1 }
            }
        }
    }
}
