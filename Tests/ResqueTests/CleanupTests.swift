import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// What the leader of the schedulers removes, and what is known of the schedulers.
@Suite(.timeLimit(.minutes(1)))
struct CleanupTests {
    private func scheduler(_ resque: ResqueFixture) -> Scheduler {
        Scheduler(redis: resque.redis, logger: resque.logger)
    }

    @Test("A worker of node that has not pinged for an hour is removed, and its job fails as node has it")
    func stuckWorker() async throws {
        try await withResque { resque in
            let now = Int(Date.now.timeIntervalSince1970)
            let job = #"{"class":"sendEmail","queue":"emailQueue","args":[1.0]}"#
            for (name, age) in [("vm:1", 3700), ("vm:2", 60)] {
                _ = try await resque.redis.send("SADD", "resque:workers", "\(name):emailQueue")
                _ = try await resque.redis.send(
                    "SET", "resque:worker:ping:\(name)",
                    #"{"time":\#(now - age),"name":"\#(name)","queues":"emailQueue"}"#)
                _ = try await resque.redis.send(
                    "SET", "resque:worker:\(name):emailQueue",
                    #"{"run_at":"Sat Nov 28 2026","queue":"emailQueue","worker":"\#(name)","payload":\#(job)}"#)
            }
            _ = try await scheduler(resque).cleanUp([])
            #expect(try await resque.texts("SMEMBERS", "resque:workers") == ["vm:2:emailQueue"])
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.exception == "Worker Timeout (killed manually)" && failed.worker == "vm:1:emailQueue")
            #expect(failed.job == Array(job.utf8))
            // By this line node finds what it may retry.
            #expect(String(decoding: failed.entry, as: UTF8.self).contains(#","queue#forceCleanWorker"]"#))
            #expect(try await resque.texts("KEYS", "resque:worker:*vm:1*").isEmpty)
        }
    }

    @Test("What is left of a worker that Ruby has pruned is removed, and a living worker keeps its keys")
    func leftovers() async throws {
        try await withResque { resque in
            let gone = "host~1a2b:7+1:emailQueue"
            _ = try await resque.redis.send("HSET", "resque:swift:turns", gone, "3 id,0,0")
            _ = try await resque.redis.send("HSET", "resque:swift:locks", gone, "resque:workerslock:a")
            _ = try await resque.redis.send("HSET", "resque:swift:processes", "host~1a2b:7", "{}")
            _ = try await resque.redis.send("SET", "resque:worker:ping:host~1a2b:7+1", "{}")
            let (started, mayEnd) = (Watched(false), Watched(false))
            var jobs = Jobs()
            jobs.register("wait") { _ in
                started.change { $0 = true }
                try await mayEnd.wait { $0 }
            }
            try await resque.push(#"{"class":"wait"}"#)
            try await resque.withWorker(jobs) {
                try await started.wait { $0 }
                let leader = scheduler(resque)
                // What is seen for the first time may be about to be registered.
                let suspects = try await leader.cleanUp([])
                #expect(try await resque.texts("HKEYS", "resque:swift:turns").contains(gone))
                #expect(try await leader.cleanUp(suspects) == suspects)
                #expect(try await leader.cleanUp(suspects).isEmpty)
                #expect(try await resque.texts("HKEYS", "resque:swift:turns").count == 1)
                #expect(try await resque.texts("HKEYS", "resque:swift:processes").count == 1)
                mayEnd.change { $0 = true }
            }
            #expect(try await resque.texts("KEYS", "resque:worker:ping:*").isEmpty)
            #expect(try await resque.texts("HKEYS", "resque:swift:locks").isEmpty)
        }
    }

    @Test("The pings of a dead process whose workers Ruby has pruned are removed by the next worker")
    func pings() async throws {
        try await withResque { resque in
            let this = ProcessIdentity.current
            var gone = ProcessIdentity(pid: this.pid, start: 1, namespace: this.namespace, boot: this.boot)
            gone.newestWorker = 1002
            let text = String(decoding: try JSONEncoder().encode(gone), as: UTF8.self)
            _ = try await resque.redis.send("HSET", "resque:swift:processes", "host~1a2b:7", text)
            for number in [1, 2, 1002] {
                _ = try await resque.redis.send("SET", "resque:worker:ping:host~1a2b:7+\(number)", "{}")
            }
            _ = try await resque.redis.send("SET", "resque:worker:ping:host~1a2b:71+1", "{}")
            try await resque.withWorker(Jobs()) {
                try await resque.until {
                    try await $0.text("HEXISTS", "resque:swift:processes", "host~1a2b:7") == "0"
                }
            }
            #expect(try await resque.texts("KEYS", "resque:worker:ping:*") == ["resque:worker:ping:host~1a2b:71+1"])
        }
    }

    @Test("The ping of a worker ends by itself where nobody is left to remove it")
    func ping() async throws {
        try await withResque { resque in
            try await resque.withWorker(Jobs()) {
                try await resque.until { try await !$0.texts("KEYS", "resque:worker:ping:*").isEmpty }
                for key in try await resque.texts("KEYS", "resque:worker:ping:*") {
                    #expect(try await resque.redis.send("TTL", key).int ?? -1 > 3600)
                }
            }
        }
    }

    @Test("The leaders are known, and how many delayed jobs are overdue for how long")
    func scheduling() async throws {
        try await withResque { resque in
            let none = try await resque.queue.scheduling()
            #expect(none.leader == nil && none.rubyLeader == nil && none.overdue == 0 && none.delay == .zero)
            let now = Int(Date.now.timeIntervalSince1970)
            for second in [now - 100, now - 100, now - 50, now - 1, now + 60] {
                try await resque.queue.enqueueAt(second, Job("\(second)", queue: "q"))
            }
            _ = try await resque.redis.send("SET", "resque:resque_scheduler_leader_lock", "node:1", "EX", "180")
            _ = try await resque.redis.send("SET", "resque:resque:resque_scheduler_master_lock", "ruby:1", "EX", "180")
            let some = try await resque.queue.scheduling()
            #expect(some.leader == "node:1" && some.rubyLeader == "ruby:1" && some.overdue == 3)
            #expect((99...130).contains(some.delay / .seconds(1)))
        }
    }

    @Test("What a worker has beside its recorded job is not removed")
    func reserved() async throws {
        try await withResque { resque in
            let id = WorkerID("host~1a2b:7+1:emailQueue")
            let store = ResqueStore(redis: resque.redis, keys: ResqueKeys(namespace: "resque"))
            _ = try await resque.redis.send("HSET", "resque:swift:turns", id.description, "3")
            _ = try await resque.redis.send("SET", "resque:worker:\(id)", "a record")
            #expect(try await !store.removeKeys(of: id, in: [store.keys.reservations]))
            #expect(try await resque.text("HGET", "resque:swift:turns", id.description) == "3")
            _ = try await resque.redis.send("DEL", "resque:worker:\(id)")
            #expect(try await store.removeKeys(of: id, in: [store.keys.reservations]))
            #expect(try await resque.keys().isEmpty)
        }
    }

    @Test("A stuck worker that cannot be removed keeps no other from being removed")
    func refused() async throws {
        try await withResque { resque in
            for name in ["vm:1", "vm:2", "vm:3"] {
                _ = try await resque.redis.send("SADD", "resque:workers", "\(name):emailQueue")
                _ = try await resque.redis.send("SET", "resque:worker:ping:\(name)", #"{"time":1}"#)
            }
            for name in ["vm:1", "vm:3"] {
                _ = try await resque.redis.send("HSET", "resque:worker:\(name):emailQueue", "another", "type")
            }
            _ = try await scheduler(resque).cleanUp([])
            #expect(
                try await resque.texts("SMEMBERS", "resque:workers").sorted() == ["vm:1:emailQueue", "vm:3:emailQueue"])
        }
    }
}
