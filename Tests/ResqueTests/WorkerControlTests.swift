import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// Pauses and cancelled jobs, as by Resque's signals; and one registered worker for many jobs at a time.
@Suite(.timeLimit(.minutes(1)))
struct WorkerControlTests {
    private func options(_ control: WorkerControl, concurrency: Int = 2) -> WorkerOptions {
        var options = WorkerOptions()
        (options.control, options.concurrency) = (control, concurrency)
        return options
    }

    private func once(_ options: WorkerOptions) -> WorkerOptions {
        var options = options
        options.registersEachProcessor = false
        return options
    }

    private func jobs(_ register: (inout Jobs) -> Void) -> Jobs {
        var jobs = Jobs()
        register(&jobs)
        return jobs
    }

    @Test("A paused worker finishes its job, takes no more and says so; resumed, it goes on")
    func pause() async throws {
        try await withResque { resque in
            let (control, begun, done, goOn) = (WorkerControl(), Watched(0), Watched(0), Watched(false))
            let jobs = jobs { jobs in
                jobs.register("step") { _ in
                    begun.change { $0 += 1 }
                    try await goOn.wait { $0 }
                    done.change { $0 += 1 }
                }
            }
            try await resque.withWorker(jobs, queues: ["q"], options: options(control)) {
                try await resque.push(#"{"class":"step"}"#, to: "q")
                try await begun.wait { $0 == 1 }
                control.pause()
                try await resque.until { try await $0.queue.workers().allSatisfy(\.isPaused) }
                goOn.change { $0 = true }
                // The job in hand is acknowledged, too.
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "1" }
                try await resque.push(#"{"class":"step"}"#, #"{"class":"step"}"#, to: "q")
                // A worker that is not paused would take them within milliseconds.
                let more = options(WorkerControl())
                try await resque.push(#"{"class":"step"}"#, to: "other")
                try await resque.withWorker(jobs, queues: ["other"], options: more) {
                    try await done.wait { $0 == 2 }
                }
                #expect(try await resque.queue.length(of: "q") == 2)
                control.resume()
                try await done.wait { $0 == 4 }
                try await resque.until { try await $0.queue.workers().allSatisfy { !$0.isPaused } }
            }
        }
    }

    @Test("A worker that is paused stops as another does")
    func stop() async throws {
        try await withResque { resque in
            let control = WorkerControl()
            control.pause()
            try await resque.withWorker(Jobs(), queues: ["q"], options: options(control)) {
                try await resque.until { try await $0.queue.workers().count == 2 }
            }
            #expect(try await resque.queue.workers().isEmpty)
        }
    }

    @Test("A cancelled job fails as Ruby has it when a child is killed, whatever it throws; the worker goes on")
    func cancel() async throws {
        struct Other: Error, CustomStringConvertible { let description = "another error" }
        try await withResque { resque in
            let (control, begun, done) = (WorkerControl(), Watched(0), Watched(0))
            let jobs = jobs { jobs in
                jobs.register("stuck", plugins: [Retry(attempts: 5)]) { _ in
                    begun.change { $0 += 1 }
                    try await Task.sleep(for: .seconds(3600))
                }
                jobs.register("other", plugins: [Retry(attempts: 5)]) { _ in
                    begun.change { $0 += 1 }
                    do { try await Task.sleep(for: .seconds(3600)) } catch { throw Other() }
                }
                jobs.register("quick") { _ in done.change { $0 += 1 } }
            }
            try await resque.push(#"{"class":"stuck"}"#, #"{"class":"other"}"#, to: "q")
            try await resque.withWorker(jobs, queues: ["q"], options: options(control)) {
                try await begun.wait { $0 == 2 }
                #expect(control.cancelJobs() == 2)
                try await resque.until { try await $0.queue.failedCount() == 2 }
                #expect(control.cancelJobs() == 0)
                try await resque.push(#"{"class":"quick"}"#, to: "q")
                try await done.wait { $0 == 1 }
            }
            let failed = try await resque.queue.failed()
            #expect(failed.map(\.exception) == ["Resque::DirtyExit", "Resque::DirtyExit"])
            #expect(failed.contains { $0.error == "the job was cancelled in its worker: another error" })
            #expect(begun.value == 2)
        }
    }

    @Test(
        "A job that does not look whether it was cancelled fails after four seconds; what it does later counts no more")
    func abandoned() async throws {
        try await withResque { resque in
            let (control, begun, goOn, ended) = (WorkerControl(), Watched(0), Watched(false), Watched(0))
            let jobs = jobs { jobs in
                jobs.register("deaf") { job in
                    begun.change { $0 += 1 }
                    await Task { _ = try? await goOn.wait { $0 } }.value
                    ended.change { $0 += 1 }
                }
                jobs.register("quick") { _ in begun.change { $0 += 1 } }
            }
            try await resque.push(#"{"class":"deaf"}"#, to: "q")
            var options = options(control, concurrency: 1)
            options.heartbeat = .milliseconds(100)
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                // The first is cancelled in its worker, the second by its id.
                try await begun.wait { $0 == 1 }
                #expect(control.cancelJobs() == 1)
                try await resque.until { try await $0.queue.failedCount() == 1 }
                try await resque.push(#"{"class":"deaf"}"#, to: "q")
                try await begun.wait { $0 == 2 }
                let id = try #require(try await resque.someWorker { $0.working?.id != nil }.working?.id)
                #expect(try await resque.queue.cancel(id))
                try await resque.until { try await $0.queue.failedCount() == 2 }
                goOn.change { $0 = true }
                try await ended.wait { $0 == 2 }
                try await resque.push(#"{"class":"quick"}"#, to: "q")
                try await begun.wait { $0 == 3 }
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "3" }
            }
            #expect(try await resque.queue.failed().map(\.exception) == ["Resque::DirtyExit", "JobCancelled"])
            #expect(try await resque.text("GET", "resque:stat:failed") == "2")
        }
    }

    @Test(
        "One worker is registered for many jobs at a time; each job has its record, and comes back from a dead process")
    func registeredOnce() async throws {
        try await withResque { resque in
            let (begun, goOn) = (Watched(0), Watched(false))
            let jobs = jobs { jobs in
                jobs.register("step") { _ in
                    begun.change { $0 += 1 }
                    try await goOn.wait { $0 }
                }
            }
            let options = once(options(WorkerControl(), concurrency: 20))
            for _ in 0..<5 { try await resque.push(#"{"class":"step"}"#, to: "q") }
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                try await begun.wait { $0 == 5 }
                #expect(try await resque.texts("SMEMBERS", "resque:workers").count == 1)
                #expect(try await resque.texts("HKEYS", "resque:workers:heartbeat").count == 1)
                #expect(try await resque.queue.working().count == 5)
                goOn.change { $0 = true }
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "5" }
            }
            #expect(
                try await resque.keys(except: "resque:queues", "resque:stat:processed") == [])
            // Of a process that has died: one worker that was registered, and two jobs.
            let dead = ProcessIdentity(
                pid: 4_194_301, start: 1, namespace: ProcessIdentity.current.namespace,
                boot: ProcessIdentity.current.boot)
            _ = try await resque.redis.send(
                "HSET", "resque:swift:processes", "here~1:4194301",
                String(decoding: try JSONEncoder().encode(dead), as: UTF8.self))
            _ = try await resque.redis.send("SADD", "resque:workers", "here~1:4194301+1:q")
            for number in 1...2 {
                let name = "here~1:4194301+\(number)"
                _ = try await resque.redis.send("HSET", "resque:swift:turns", "\(name):q", "1")
                _ = try await resque.redis.send(
                    "SET", "resque:worker:\(name):q",
                    #"{"queue":"q","run_at":"2026-11-23T15:19:23Z","payload":{"class":"step"},"worker":"\#(name)"}"#)
            }
            #expect(try await resque.queue.working().count == 2)
            try await resque.withWorker(jobs, queues: ["q"], options: options) {
                try await resque.until { try await $0.text("GET", "resque:stat:processed") == "7" }
            }
            #expect(try await resque.keys(except: "resque:queues", "resque:stat:processed") == [])
        }
    }

    @Test(
        "A job in a queue that is paused has no worker ask for it again and again, and is performed afterwards",
        arguments: ["pause-all-workers", "pause:all", "pause:queue:q"], [0, 16])
    func pausedQueue(pause: String, others: Int) async throws {
        try await withResque { resque in
            let (polls, done) = (Watched(0), Watched<[String]>([]))
            let jobs = jobs { jobs in
                jobs.register("step") { job in done.change { $0.append(job.queue) } }
            }
            _ = try await resque.redis.send("SET", "resque:\(pause)", "true")
            try await resque.push(#"{"class":"step"}"#, to: "q")
            var options = options(WorkerControl())
            options.heartbeat = .milliseconds(50)
            // The first 16 queues have a blocking command each; the others are polled.
            let queues = (0..<others).map { "other\($0)" } + ["q", "last"]
            try await resque.withWorker(jobs, queues: queues, options: options) { _, event in
                if case .poll = event { polls.change { $0 += 1 } }
            } _: {
                // Half a second, by the clock of the heartbeats.
                try await resque.until { fixture in
                    let stats = try await fixture.text("INFO", "commandstats") ?? ""
                    let calls = stats.split(separator: "cmdstat_time:calls=").last?.prefix { $0.isNumber }
                    return calls.flatMap { Int($0) } ?? 0 >= 10
                }
                #expect(polls.value <= 10)
                if pause == "pause:queue:q" {
                    try await resque.push(#"{"class":"step"}"#, to: "last")
                    try await done.wait { $0 == ["last"] }
                }
                _ = try await resque.redis.send("DEL", "resque:\(pause)")
                try await done.wait { $0.last == "q" }
            }
        }
    }
}
