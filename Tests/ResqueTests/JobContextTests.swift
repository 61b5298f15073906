import BgdemoTestSupport
import Foundation
import Logging
import Testing

@testable import Resque

/// What a job knows of its attempt, how it says how far it is, and how it is ended from outside.
@Suite(.timeLimit(.minutes(1)))
struct JobContextTests {
    struct Refused: Error {}

    @Test("A job knows its worker, its id and its attempt, and so does its logger")
    func context() async throws {
        try await withResque { resque in
            let seen = Watched<[JobContext]>([])
            var jobs = Jobs()
            jobs.register("sendEmail", plugins: [Retry(attempts: 2, base: .milliseconds(1))]) { job in
                seen.change { $0.append(job.context) }
                if job.failures == 0 { throw Refused() }
            }
            let scheduler = Scheduler(redis: resque.redis, interval: .milliseconds(50), logger: resque.logger)
            let scheduling = Task { try await scheduler.run() }
            try await resque.push(#"{"class":"sendEmail","args":[]}"#)
            try await resque.withWorker(jobs) { try await resque.until { _ in seen.value.count == 2 } }
            scheduling.cancel()
            try await scheduling.value
            let contexts = seen.value
            #expect(contexts.map(\.attempt) == [1, 2])
            #expect(contexts[0].id == contexts[1].id && !contexts[0].id.isEmpty)
            #expect(contexts.allSatisfy { $0.worker.hasSuffix(":emailQueue") })
            #expect(contexts[1].logger[metadataKey: "job-id"] == "\(contexts[1].id)")
            #expect(contexts[1].logger[metadataKey: "class"] == "sendEmail")
            #expect(contexts[1].logger[metadataKey: "queue"] == "emailQueue")
            #expect(contexts[1].logger[metadataKey: "attempt"] == "2")
        }
    }

    @Test("What a job says of its progress is shown while it runs, and not with the next job")
    func progress() async throws {
        try await withResque { resque in
            let isDone = Watched(false)
            var jobs = Jobs()
            jobs.register("long") { job in
                for percent in 0...40 { job.context.report(Double(percent) / 100) }
                while !isDone.value { try await Task.sleep(for: .milliseconds(5)) }
            }
            jobs.register("next") { job in
                while isDone.value { try await Task.sleep(for: .milliseconds(5)) }
            }
            try await resque.push(#"{"class":"long","args":[]}"#, #"{"class":"next","args":[]}"#)
            try await resque.withWorker(jobs) {
                let worker = try await resque.someWorker { $0.working?.progress == 0.4 }
                #expect(worker.working?.id?.isEmpty == false)
                isDone.change { $0 = true }
                let next = try await resque.someWorker {
                    $0.working.map { String(decoding: $0.job, as: UTF8.self).contains("next") } == true
                }
                #expect(next.working?.progress == nil)
                isDone.change { $0 = false }
            }
        }
    }

    @Test("A job that is cancelled goes to failed and is not retried; its worker goes on")
    func cancel() async throws {
        try await withResque { resque in
            let done = Watched(0)
            var jobs = Jobs()
            jobs.register("hang", plugins: [Retry()]) { job in try await Task.sleep(for: .seconds(3600)) }
            jobs.register("quick") { job in done.change { $0 += 1 } }
            var options = WorkerOptions()
            options.heartbeat = .milliseconds(100)
            try await resque.push(#"{"class":"hang","args":[]}"#)
            try await resque.withWorker(jobs, options: options) {
                let id = try #require(try await resque.someWorker { $0.working?.id != nil }.working?.id)
                #expect(try await resque.queue.cancel(id))
                try await resque.until { try await $0.queue.failedCount() == 1 }
                #expect(try await resque.queue.failed().first?.exception == "JobCancelled")
                #expect(try await resque.queue.delayedCount() == 0)
                try await resque.push(#"{"class":"quick","args":[]}"#)
                try await resque.until { _ in done.value == 1 }
                #expect(try await !resque.queue.cancel(id))
                #expect(try await resque.queue.workers().count == 1)
            }
        }
    }

    @Test("A job that takes longer than its timeout is cancelled and has failed; one in time has not")
    func timeout() async throws {
        var jobs = Jobs()
        jobs.register("slow", timeout: .milliseconds(20)) { job in try await Task.sleep(for: .seconds(3600)) }
        jobs.register("echo", timeout: .seconds(600)) { (job, text: String) in text }
        jobs.register("refuse", timeout: .seconds(600)) { job in throw Refused() }
        await #expect(throws: JobTimeout.self) { try await jobs.perform(Job("slow", queue: "q")) }
        await #expect(throws: Refused.self) { try await jobs.perform(Job("refuse", queue: "q")) }
        #expect(try await jobs.perform(Job("echo", JobArguments("hello"), queue: "q")) as? String == "hello")
        try await withResque { [jobs] resque in
            try await resque.push(#"{"class":"slow","args":[]}"#)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            #expect(try await resque.queue.failed().first?.exception == "JobTimeout")
        }
    }
}
