import Foundation
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

/// What is left by the dead, and by those whose connection died.
@Suite(.timeLimit(.minutes(1)))
struct DeadWorkerTests {
    private let job = #"{"class":"look","queue":"emailQueue","args":[[],{}]}"#

    /// Leaves in Redis what a worker leaves that is killed while it performs `job` in its third turn.
    private func leave(
        _ id: String, in resque: ResqueFixture, process: ProcessIdentity?, memory: String = "", heartbeat: String? = nil
    ) async throws {
        let name = WorkerID(id).name
        _ = try await resque.redis.send("SADD", "resque:workers", id)
        _ = try await resque.redis.send("SET", "resque:worker:\(id):started", "2026-11-23 15:19:23 +0000")
        _ = try await resque.redis.send(
            "SET", "resque:worker:\(id)",
            #"{"queue":"emailQueue","run_at":"2026-11-23T15:19:23Z","payload":\#(job),"worker":"\#(name)"}"#)
        _ = try await resque.redis.send("HSET", "resque:swift:turns", id, "3\(memory)")
        if let heartbeat { _ = try await resque.redis.send("HSET", "resque:workers:heartbeat", id, heartbeat) }
        guard let process else { return }
        let identity = String(decoding: try JSONEncoder().encode(process), as: UTF8.self)
        _ = try await resque.redis.send("HSET", "resque:swift:processes", String(WorkerID(id).process), identity)
    }

    private var now: String { Date.now.iso8601WithOffset }

    /// One like this process, but with another pid or start.
    private func process(pid: Int32? = nil, start: UInt64? = nil, namespace: String? = nil) -> ProcessIdentity {
        let this = ProcessIdentity.current
        return ProcessIdentity(
            pid: pid ?? this.pid, start: start ?? this.start, namespace: namespace ?? this.namespace, boot: this.boot)
    }

    private var lookers: Jobs {
        var jobs = Jobs()
        jobs.register("look") { (_, _: [Int], _: [String: Int]) in }
        return jobs
    }

    /// Runs a worker that takes no jobs, until one is pruned and its process forgotten.
    private func prune(in resque: ResqueFixture, options: WorkerOptions = WorkerOptions()) async throws -> String {
        let pruned = Watched<String?>(nil)
        try await resque.withWorker(Jobs(), queues: ["other"], options: options) { _, event in
            if case .cleaningWorker(let id) = event { pruned.change { $0 = id } }
        } _: {
            try await pruned.wait { $0 != nil }
            let process = String(WorkerID(pruned.value ?? "").process)
            try await resque.until { try await $0.text("HEXISTS", "resque:swift:processes", process) == "0" }
        }
        return try #require(pruned.value)
    }

    @Test("The job of a process that is gone goes back to the front of its queue, and its keys are removed")
    func gone() async throws {
        try await withResque { resque in
            let id = "\(ProcessInfo.processInfo.hostName)~0a:4194300+1:emailQueue"
            try await leave(id, in: resque, process: process(pid: 4_194_300), heartbeat: now)
            try await resque.push(#"{"class":"next"}"#)
            #expect(try await prune(in: resque) == id)
            #expect(
                try await resque.texts("LRANGE", "resque:queue:emailQueue", "0", "-1") == [job, #"{"class":"next"}"#])
            try await resque.until {
                try await $0.keys() == ["resque:queue:emailQueue", "resque:queues", "resque:swift:again"]
            }
        }
    }

    @Test("A worker that is stopped while it prunes dead workers prunes all of them first")
    func leaving() async throws {
        try await withResque { resque in
            // Few enough to be pruned in the second that a worker takes for it, on a busy machine too.
            for number in 1...5 {
                try await leave("host~0e:4194300+\(number):emailQueue", in: resque, process: process(pid: 4_194_300))
            }
            let pruned = Watched(0)
            try await resque.withWorker(Jobs(), queues: ["other"]) { _, event in
                if case .cleaningWorker = event { pruned.change { $0 += 1 } }
            } _: {
                try await pruned.wait { $0 > 0 }
            }
            #expect(pruned.value == 5)
            #expect(
                try await resque.keys() == ["resque:queue:emailQueue", "resque:queues", "resque:swift:again"])
        }
    }

    @Test("A pid that is in use again belongs to another process")
    func recycled() async throws {
        try await withResque { resque in
            let id = "host~0b:\(ProcessIdentity.current.pid)+1:emailQueue"
            let start = try #require(ProcessIdentity.current.start)
            try await leave(id, in: resque, process: process(start: start - 1), heartbeat: now)
            #expect(try await prune(in: resque) == id)
        }
    }

    @Test(
        "A worker that may be alive is not pruned: in another pid namespace, with a running process, of another program",
        arguments: ["pid:[1]", nil, "none"])
    func living(namespace: String?) async throws {
        try await withResque { resque in
            let pid: Int32 = namespace == nil ? ProcessIdentity.current.pid : 4_194_300
            let living = "host~0c:\(pid)+1:emailQueue"
            let dead = "host~0d:4194301+1:emailQueue"
            let identity = namespace == "none" ? nil : process(pid: pid, namespace: namespace)
            try await leave(living, in: resque, process: identity, heartbeat: now)
            try await leave(dead, in: resque, process: process(pid: 4_194_301), heartbeat: now)
            #expect(try await prune(in: resque) == dead)
            #expect(try await resque.queue.workers().map(\.id) == [living])
            #expect(try await resque.queue.working().first?.working?.job == Array(job.utf8))
        }
    }

    @Test(
        "A worker without heartbeats is pruned after its limit: on another host, of Ruby, and one that is not registered"
    )
    func silent() async throws {
        try await withResque { resque in
            let ids = ["there~0e:7+1:emailQueue", "there:7:emailQueue", "gone:8:emailQueue"]
            try await leave(
                ids[0], in: resque, process: process(namespace: "pid:[1]"), heartbeat: "2026-11-23T15:19:23Z")
            try await leave(ids[1], in: resque, process: nil, heartbeat: "2026-11-23T16:19:23+01:00")
            _ = try await resque.redis.send("HSET", "resque:workers:heartbeat", ids[2], "2026-11-23T15:19:23+00:00")
            try await leave("young:9:emailQueue", in: resque, process: nil, heartbeat: now)
            try await leave("mute:9:emailQueue", in: resque, process: nil)
            // A Ruby worker may beat every 15 minutes.
            let rare = Date.now.addingTimeInterval(-1700).iso8601WithOffset
            try await leave("rare:9:emailQueue", in: resque, process: nil, heartbeat: rare)
            let pruned = Watched<Set<String>>([])
            var options = WorkerOptions()
            options.heartbeat = .milliseconds(50)
            try await resque.withWorker(Jobs(), queues: ["other"], options: options) { _, event in
                if case .cleaningWorker(let id) = event { pruned.change { $0.insert(id) } }
            } _: {
                try await pruned.wait { $0.count == 3 }
                #expect(pruned.value == Set(ids))
                #expect(try await resque.queue.length(of: "emailQueue") == 1)
                // Ruby's job fails as Ruby has it: in its queue it might be performed twice.
                let failed = try await resque.queue.failed()
                #expect(failed.map(\.exception) == ["Resque::PruneDeadWorkerDirtyExit"])
                #expect(failed.map(\.job) == [Array(job.utf8)])
                let left = try await resque.queue.workers().map(\.id).filter { !$0.hasSuffix(":other") }
                #expect(left == ["mute:9:emailQueue", "rare:9:emailQueue", "young:9:emailQueue"])
            }
        }
    }

    @Test("A suspected worker that writes a heartbeat is not pruned")
    func revived() {
        var watch = HeartbeatMonitor(grace: .zero)
        let id = WorkerID("there:7:q")
        let now = Date.now
        func dead(_ heartbeat: String) -> [WorkerID] {
            watch.dead(among: [id: heartbeat], at: now) { _ in .seconds(300) }
        }
        #expect(dead(now.addingTimeInterval(-299).iso8601).isEmpty)
        #expect(dead("2026-01-01T00:00:00Z").isEmpty)
        #expect(dead("2026-01-01T00:00:01Z").isEmpty)
        #expect(dead("2026-01-01T00:00:01Z") == [id])
        #expect(dead("nonsense").isEmpty)
    }

    @Test(
        "A job that has had two workers die queues at the end; one that has had three fails; with fail, at once",
        arguments: [
            (1, WorkerOptions.DeadWorkerPolicy.requeue, "back"), (2, .requeue, "failed"), (0, .fail, "failed"),
        ])
    func crashCount(before: Int, policy: WorkerOptions.DeadWorkerPolicy, place: String) async throws {
        try await withResque { resque in
            let id = "host~0f:4194300+1:emailQueue"
            try await leave(
                id, in: resque, process: process(pid: 4_194_300), memory: " first.1,4,\(before)", heartbeat: now)
            try await resque.push(#"{"class":"next"}"#)
            var options = WorkerOptions()
            options.onDeadWorker = policy
            _ = try await prune(in: resque, options: options)
            let queue = try await resque.texts("LRANGE", "resque:queue:emailQueue", "0", "-1")
            if place == "back" {
                #expect(queue == [#"{"class":"next"}"#, job])
                #expect(try await resque.texts("HVALS", "resque:swift:again") == ["first.1,4,2"])
            } else {
                #expect(queue == [#"{"class":"next"}"#])
                let failed = try #require(try await resque.queue.failed().first)
                #expect(failed.exception == "Resque::DirtyExit" && failed.worker == id)
                #expect(failed.job == Array(job.utf8))
            }
        }
    }

    @Test("A job keeps its identity, failures and strikes when it comes back, and each of two equal jobs its own")
    func memory() async throws {
        try await withResque { resque in
            for (pid, memory) in [(4_194_301, ""), (4_194_302, " a.1,2,1")] {
                try await leave(
                    "host~1\(pid):\(pid)+1:emailQueue", in: resque, process: process(pid: Int32(pid)), memory: memory,
                    heartbeat: now)
            }
            let seen = Watched<[Job]>([])
            var jobs = Jobs()
            jobs.register("look") { (job, _: [Int], _: [String: Int]) in seen.change { $0.append(job) } }
            try await resque.withWorker(jobs) {
                try await seen.wait { $0.count == 2 }
                try await resque.push(job)
                try await seen.wait { $0.count == 3 }
            }
            let first = seen.value.prefix(2).sorted { $0.crashCount < $1.crashCount }
            #expect(first[0].identity == "host~14194301:4194301+1.3")
            #expect(first[0].crashCount == 1 && first[0].failures == 0)
            #expect(first[1].identity == "a.1" && first[1].crashCount == 2 && first[1].failures == 2)
            #expect(seen.value[2].crashCount == 0 && !first.map(\.identity).contains(seen.value[2].identity))
        }
    }

    @Test("A worker that cannot be pruned is reported once, and keeps no other from being pruned")
    func refused() async throws {
        try await withResque { resque in
            let ids = (1...2).map { "host~0e:4194300+\($0):emailQueue" }
            for id in ids { try await leave(id, in: resque, process: process(pid: 4_194_300)) }
            _ = try await resque.redis.send("DEL", "resque:worker:\(ids[0])")
            _ = try await resque.redis.send("HSET", "resque:worker:\(ids[0])", "another", "type")
            let (pruned, reported) = (Watched<[String]>([]), Watched<[String]>([]))
            var options = WorkerOptions()
            options.deadAfter = .milliseconds(200)
            try await resque.withWorker(Jobs(), queues: ["other"], options: options) { id, event in
                if case .cleaningWorker(let id) = event { pruned.change { $0.append(id) } }
                if case .error = event { reported.change { $0.append(id) } }
            } _: {
                try await pruned.wait { $0 == [ids[1]] }
                #expect(reported.value == [ids[0]])
                _ = try await resque.redis.send("DEL", "resque:worker:\(ids[0])")
                try await pruned.wait { $0 == [ids[1], ids[0]] }
                #expect(reported.value == [ids[0]])
            }
        }
    }

    @Test("What is no record of a job fails, and its dead worker is removed")
    func noRecord() async throws {
        try await withResque { resque in
            let id = "host~0e:4194300+1:emailQueue"
            try await leave(id, in: resque, process: process(pid: 4_194_300))
            _ = try await resque.redis.send("SET", "resque:worker:\(id)", "no record")
            #expect(try await prune(in: resque) == id)
            #expect(try await resque.queue.failed().map(\.job) == [Array("no record".utf8)])
            #expect(try await resque.texts("KEYS", "resque:worker:*emailQueue*").isEmpty)
        }
    }
}
