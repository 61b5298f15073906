import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// Keys to which another program gave another type: nothing is half done, and the work goes on when they are mended.
@Suite(.timeLimit(.minutes(1)))
struct KeyTypeTests {
    private struct Boom: Error {}

    private let job = #"{"class":"boom","queue":"q","args":[]}"#

    private func store(_ resque: ResqueFixture) -> ResqueStore {
        ResqueStore(redis: resque.redis, keys: ResqueKeys(namespace: "resque"))
    }

    private func isRefusal(_ event: WorkerEvent) -> Bool {
        guard case .error(let error as ResqueError, nil) = event else { return false }
        return error.redisError?.reply?.kind == .wrongType
    }

    /// Records `job` with a worker, in its third reservation.
    private func record(with id: String, in resque: ResqueFixture) async throws {
        _ = try await resque.redis.send("SADD", "resque:workers", id)
        _ = try await resque.redis.send("HSET", "resque:swift:turns", id, "3")
        _ = try await resque.redis.send(
            "SET", "resque:worker:\(id)",
            #"{"queue":"q","run_at":"","payload":\#(job),"worker":"\#(WorkerID(id).name)"}"#)
    }

    @Test(
        "A job that cannot go where it has to stays with its worker until it can",
        arguments: [
            ("failed", false), ("delayed_queue_schedule", true), ("swift:again", true),
            (#"timestamps:{"class":"boom","queue":"q","args":[]}"#, true),
        ])
    func acknowledgement(key: String, isRetried: Bool) async throws {
        try await withResque { resque in
            let refused = Watched(false)
            var jobs = Jobs()
            jobs.register("boom", plugins: isRetried ? [Retry(base: .seconds(600))] : []) { _ in throw Boom() }
            _ = try await resque.redis.send("SET", "resque:\(key)", "another type")
            try await resque.push(job, to: "q")
            try await resque.withWorker(jobs, queues: ["q"]) { _, event in
                if isRefusal(event) { refused.change { $0 = true } }
            } _: {
                try await refused.wait { $0 }
                #expect(try await resque.queue.working().map(\.working?.job) == [Array(job.utf8)])
                #expect(try await resque.text("HLEN", "resque:swift:turns") == "1")
                #expect(try await resque.text("EXISTS", "resque:stat:failed") == "0")
                _ = try await resque.redis.send("DEL", "resque:\(key)")
                try await resque.until { fixture in
                    let (failed, delayed) = (
                        try await fixture.queue.failedCount(), try await fixture.queue.delayedCount()
                    )
                    return isRetried ? delayed == 1 : failed == 1
                }
            }
            #expect(try await resque.text("GET", "resque:stat:failed") == "1")
            #expect(try await resque.text("EXISTS", "resque:swift:again") == (isRetried ? "1" : "0"))
        }
    }

    @Test("A worker whose job cannot go back keeps it, and is still registered", arguments: ["queue:q", "swift:again"])
    func removal(key: String) async throws {
        try await withResque { resque in
            let (store, id) = (store(resque), WorkerID("host~1a:7+1:q"))
            try await record(with: id.description, in: resque)
            _ = try await resque.redis.send("SET", "resque:\(key)", "another type")
            let (seen, history) = try await store.record(of: id)
            await #expect(throws: ResqueError.self) { try await store.removeWorker(id, seen, .front(history)) }
            #expect(try await resque.texts("SMEMBERS", "resque:workers") == [id.description])
            #expect(try await resque.text("HGET", "resque:swift:turns", id.description) == "3")
            #expect(try await resque.text("GET", "resque:worker:\(id)") == String(decoding: seen.bytes, as: UTF8.self))
            _ = try await resque.redis.send("DEL", "resque:\(key)")
            #expect(try await store.removeWorker(id, seen, .front(history)))
            #expect(try await resque.texts("LRANGE", "resque:queue:q", 0, -1) == [job])
            #expect(try await resque.queue.workers().isEmpty)
        }
    }

    @Test("What is no number or no lock keeps no worker from being removed")
    func countsAndLocks() async throws {
        try await withResque { resque in
            let (store, id) = (store(resque), WorkerID("host~1a:7+1:q"))
            try await record(with: id.description, in: resque)
            for key in ["stat:failed", "stat:processed", "swift:locks"] {
                _ = try await resque.redis.send("SET", "resque:\(key)", "another type")
            }
            let (seen, _) = try await store.record(of: id)
            #expect(try await store.removeWorker(id, seen, .failed(Array("entry".utf8))))
            #expect(try await resque.texts("LRANGE", "resque:failed", 0, -1) == ["entry"])
            #expect(try await resque.queue.workers().isEmpty)
            #expect(try await resque.text("GET", "resque:stat:failed") == "another type")
        }
    }

    @Test("A delay of several jobs is of all or of none")
    func delay() async throws {
        try await withResque { resque in
            let jobs = ["a", "b"].map { Job($0, queue: "q") }
            _ = try await resque.redis.send("SET", store(resque).keys.timestamps(jobs[1].delayed), "another type")
            for _ in 1...2 {
                await #expect(throws: ResqueError.self) { try await resque.queue.enqueueAt(9_999_999_999, jobs) }
            }
            #expect(try await resque.texts("KEYS", "resque:delayed*").isEmpty)
        }
    }

    @Test("A failed job whose queue has another type stays among the failed", arguments: ["queue:q", "queues"])
    func requeue(key: String) async throws {
        try await withResque { resque in
            let entry = FailedEntry.entry(job: Array(job.utf8), exception: "e", error: "e", worker: "w", queue: "q")
            _ = try await resque.redis.send("RPUSH", "resque:failed", entry)
            _ = try await resque.redis.send("SET", "resque:\(key)", "another type")
            let failed = try #require(try await resque.queue.failed().first)
            await #expect(throws: ResqueError.self) { try await resque.queue.retry(failed) }
            #expect(try await resque.queue.failed() == [failed])
            _ = try await resque.redis.send("DEL", "resque:\(key)")
            #expect(try await resque.queue.retry(failed))
            #expect(try await resque.texts("LRANGE", "resque:queue:q", 0, -1) == [job])
        }
    }

    @Test("Histories of another type lose no job that is reserved")
    func histories() async throws {
        try await withResque { resque in
            let done = Watched(0)
            var jobs = Jobs()
            jobs.register("boom") { _ in done.change { $0 += 1 } }
            _ = try await resque.redis.send("SET", "resque:swift:again", "no hash")
            try await resque.push(job, job, job, to: "q")
            try await resque.withWorker(jobs, queues: ["q"]) { try await done.wait { $0 == 3 } }
            #expect(try await resque.text("GET", "resque:stat:processed") == "3")
        }
    }

    @Test("A pause of another type has nothing pushed twice")
    func pause() async throws {
        try await withResque { resque in
            let (began, go, refused) = (Watched(false), Watched(false), Watched(false))
            var jobs = Jobs()
            jobs.register("boom") { _ in
                began.change { $0 = true }
                try await go.wait { $0 }
                return FollowUps([Job("second", queue: "next")])
            }
            try await resque.push(job, to: "q")
            try await resque.withWorker(jobs, queues: ["q"]) { _, event in
                if isRefusal(event) { refused.change { $0 = true } }
            } _: {
                try await began.wait { $0 }
                _ = try await resque.redis.send("RPUSH", "resque:pause-all-workers", "true")
                go.change { $0 = true }
                try await refused.wait { $0 }
                #expect(try await resque.queue.length(of: "next") == 0)
                _ = try await resque.redis.send("DEL", "resque:pause-all-workers")
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
            }
            #expect(try await resque.queue.length(of: "next") == 1)
        }
    }

    @Test("A lock that cannot be noted is not taken")
    func lock() async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("SET", "resque:swift:locks", "no hash")
            let job = Job("boom", queue: "q")
            await #expect(throws: ResqueError.self) {
                try await JobLock().beforePerform(job, from: resque.queue, by: "w")
            }
            #expect(try await resque.queue.locked([job]) == [false])
        }
    }
}
