import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// The lease by which a process knows that its jobs are its own, and others that it is alive.
@Suite(.timeLimit(.minutes(1)))
struct LeaseTests {
    private func lease(_ renewals: Int, milliseconds: Int = 10_000) -> ProcessIdentity.Lease {
        ProcessIdentity.Lease(milliseconds: milliseconds, renewals: renewals)
    }

    @Test("A process counts as dead after its whole lease without a renewal, in five looks at least")
    func monitor() {
        var monitor = LeaseMonitor()
        let start = ContinuousClock.now
        let dead = ByteString("dead"), alive = ByteString("alive")
        for second in [0, 2, 4, 6, 8] {
            let leases = [dead: lease(1), alive: lease(second)]
            #expect(monitor.expired(among: leases, at: start + .seconds(second)).isEmpty, "\(second)")
        }
        #expect(monitor.expired(among: [dead: lease(1), alive: lease(10)], at: start + .seconds(10)) == [dead])
        #expect(monitor.expired(among: [dead: lease(2), alive: lease(10)], at: start + .seconds(12)).isEmpty)
    }

    @Test("Looks that come late, because Redis or the looking process was stopped, make nobody dead")
    func lateLooks() {
        var monitor = LeaseMonitor()
        let start = ContinuousClock.now
        #expect(monitor.expired(among: [ByteString("a"): lease(1)], at: start).isEmpty)
        #expect(monitor.expired(among: [ByteString("a"): lease(1)], at: start + .seconds(3600)).isEmpty)
        // A lease of days ends, too.
        let long = [ByteString("b"): lease(1, milliseconds: .max)]
        for hour in 0...5 { _ = monitor.expired(among: long, at: start + .seconds(hour * 3600)) }
        #expect(monitor.expired(among: long, at: start + .seconds(6 * 3600)) == [ByteString("b")])
    }

    @Test("A process knows that its lease ran out before others do, also after it is renewed")
    func term() {
        let lease = ProcessLease(.seconds(10))
        #expect(lease.term == nil)
        let now = ContinuousClock.now
        lease.renew(at: now - .seconds(9))
        #expect(lease.term == nil)
        lease.renew(at: now)
        #expect(lease.term == 1)
        lease.renew(at: now - .seconds(20))
        #expect(lease.term == 1)
        #expect(lease.stamp() != lease.stamp())
        // Sent in time, but its reply comes too late to know that Redis had it in time.
        let slow = ProcessLease(.seconds(10))
        slow.renew(at: now - .seconds(9))
        slow.renew(at: now - .seconds(2))
        #expect(slow.term == 1)
    }

    @Test("A process that was written without a lease, by an older version, is read, and the other way round")
    func versions() throws {
        struct Old: Decodable { let pid: Int32, start: UInt64?, namespace: String?, boot: String? }
        var identity = ProcessIdentity.current
        let old = try JSONEncoder().encode(identity)
        #expect(try JSONDecoder().decode(ProcessIdentity.self, from: old).lease == nil)
        identity.lease = lease(3)
        #expect(try JSONDecoder().decode(Old.self, from: JSONEncoder().encode(identity)).pid == identity.pid)
    }

    private var options: WorkerOptions {
        var options = WorkerOptions()
        (options.deadAfter, options.heartbeat) = (.seconds(3), .milliseconds(100))
        options.redis.commandTimeout = .milliseconds(300)
        options.redis.reconnectBackoff = .milliseconds(5)...Duration.milliseconds(50)
        return options
    }

    @Test("A job is not the worker's for certain while Redis is away, and is confirmed by Redis afterwards")
    func confirmed() async throws {
        try await withResque { resque in
            let proxy = try await FaultProxy.start(to: resque.server.socket)
            let steps = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("step") { job in
                steps.change { $0.append(job.isLeaseHeld ? "held" : "not held") }
                while job.isLeaseHeld { try await Task.sleep(for: .milliseconds(5)) }
                do { try await job.checkLease() } catch { steps.change { $0.append("refused") } }
                try await proxy.set(.normal)
                while (try? await job.checkLease()) == nil { try await Task.sleep(for: .milliseconds(5)) }
                steps.change { $0.append(job.isLeaseHeld ? "confirmed" : "not confirmed") }
            }
            try await resque.push(#"{"class":"step"}"#, to: "q")
            try await resque.withWorker(
                jobs, queues: ["q"], options: options, through: "redis://127.0.0.1:\(proxy.port)"
            ) {
                try await steps.wait { !$0.isEmpty }
                try await proxy.set(.frozen)
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
            }
            #expect(steps.value == ["held", "refused", "confirmed"])
            try await proxy.close()
        }
    }

    @Test("A job whose worker was taken for dead meanwhile finds that out, and is performed once to its end")
    func lost() async throws {
        try await withResque { resque in
            let proxy = try await FaultProxy.start(to: resque.server.socket)
            let runs = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("step") { job in
                let isFirst = runs.change { runs in
                    runs.append("begun")
                    return runs.count == 1
                }
                guard isFirst else { return }
                while job.isLeaseHeld { try await Task.sleep(for: .milliseconds(5)) }
                // Another process prunes the worker.
                try await resque.until { try await $0.queue.workers().isEmpty }
                try await proxy.set(.normal)
                // The worker registers again as soon as it can.
                try await resque.until { try await !$0.queue.workers().isEmpty }
                try await job.checkLease()
                runs.change { $0.append("sent twice") }
            }
            try await resque.push(#"{"class":"step"}"#, to: "q")
            let lost = Watched(0)
            try await resque.withWorker(
                jobs, queues: ["q"], options: options, through: "redis://127.0.0.1:\(proxy.port)"
            ) { _, event in
                if case .error(let error, _) = event, error is ReservationLost { lost.change { $0 += 1 } }
            } _: {
                try await runs.wait { !$0.isEmpty }
                let worker = try await resque.someWorker { $0.working != nil }
                try await proxy.set(.frozen)
                // A registration that is in Redis' socket already would come after the removal.
                for _ in 0..<2 { _ = try await resque.redis.send("PING") }
                let store = ResqueStore(redis: resque.redis, keys: ResqueKeys(namespace: "resque"))
                let (record, history) = try await store.record(of: WorkerID(worker.id))
                #expect(try await store.removeWorker(WorkerID(worker.id), record, .front(history)))
                try await runs.wait { $0.count > 1 }
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
            }
            #expect(runs.value == ["begun", "begun"])
            #expect(lost.value == 1)
            #expect(try await resque.queue.failedCount() == 0)
            try await proxy.close()
        }
    }

    @Test("A process elsewhere that stops renewing its lease is pruned; one that renews it, however slowly, is not")
    func pruned() async throws {
        try await withResque { resque in
            let start = ProcessIdentity.current.start
            @Sendable func write(_ process: String, _ renewals: Int) async throws {
                var identity = ProcessIdentity(pid: 7, start: start, namespace: "pid:[1]", boot: "elsewhere")
                identity.lease = ProcessIdentity.Lease(milliseconds: 1000, renewals: renewals)
                let text = String(decoding: try JSONEncoder().encode(identity), as: UTF8.self)
                _ = try await resque.redis.send("HSET", "resque:swift:processes", process, text)
            }
            for process in ["dead~1:7", "alive~1:7"] {
                let id = "\(process)+1:q"
                _ = try await resque.redis.send("SADD", "resque:workers", id)
                // Their clocks say anything.
                _ = try await resque.redis.send("HSET", "resque:workers:heartbeat", id, "2026-11-23T15:19:23Z")
                _ = try await resque.redis.send(
                    "SET", "resque:worker:\(id)",
                    #"{"queue":"q","run_at":"2026-11-23T15:19:23Z","payload":{"class":"x"},"worker":"\#(process)+1"}"#)
                _ = try await resque.redis.send("HSET", "resque:swift:turns", id, "1")
                try await write(process, 0)
            }
            let buried = Watched<[String]>([])
            var options = WorkerOptions()
            (options.deadAfter, options.heartbeat) = (.milliseconds(500), .milliseconds(100))
            try await resque.withWorker(Jobs(), queues: ["other"], options: options) { _, event in
                if case .cleaningWorker(let id) = event { buried.change { $0.append(id) } }
            } _: {
                var renewal = 0
                while buried.value.isEmpty {
                    renewal += 1
                    try await write("alive~1:7", renewal)
                    try await Task.sleep(for: .milliseconds(50))
                }
                try await resque.until { try await $0.text("LLEN", "resque:queue:q") == "1" }
            }
            #expect(buried.value == ["dead~1:7+1:q"])
        }
    }
}
