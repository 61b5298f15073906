import Foundation
import RedisClient
import BgdemoTestSupport
import Testing

@testable import Resque

/// A job's turn: from its queue, through the hands of a worker, to its end.
@Suite(.timeLimit(.minutes(1)))
struct WorkerTests {
    private let ruby = #"{"class":"SendEmail","args":[{"to":"a@b.example","subject":"s","text":"t"}]}"#
    private let node =
        #"{"class":"sendEmail","queue":"emailQueue","args":[{"to":"a@b.example","subject":"s","text":"t"}]}"#

    @Test("Jobs of Ruby and node are performed in the order of the queue and leave only counts")
    func performs() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("sendEmail") { (job, mail: [String: String]) in
                seen.change { $0.append("\(job.className) \(mail["to"] ?? "")") }
            }
            try await resque.push(ruby, node)
            try await resque.withWorker(jobs) { try await seen.wait { $0.count == 2 } }
            #expect(seen.value == ["SendEmail a@b.example", "sendEmail a@b.example"])
            #expect(try await resque.text("GET", "resque:stat:processed") == "2")
            #expect(try await resque.keys() == ["resque:queues", "resque:stat:processed"])
        }
    }

    @Test("While a job is performed, its record is what Ruby and node write, with the job's own bytes")
    func record() async throws {
        try await withResque { resque in
            let hold = Watched(false)
            var jobs = Jobs()
            jobs.register("hold") { _ in try await hold.wait { $0 } }
            let job = #"{"class":"hold", "args":[], "x":[[],{},12345678901234567890,"é\/\u0000"]}"#
            try await resque.push(job)
            try await resque.withWorker(jobs) {
                let id = try await resque.someWorker { $0.working != nil }.id
                let parts = id.split(separator: ":")
                #expect(parts.count == 3 && parts[2] == "emailQueue")
                #expect(parts[0] != ProcessInfo.processInfo.hostName)
                #expect(parts[1].hasPrefix("\(ProcessInfo.processInfo.processIdentifier)+"))
                let record = try #require(try await resque.text("GET", "resque:worker:\(id)"))
                let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#
                #expect(
                    record.replacing(time, with: "T")
                        == #"{"queue":"emailQueue","run_at":"T","payload":\#(job),"worker":"\#(parts[0]):\#(parts[1])"}"#
                )
                #expect(try await resque.text("LLEN", "resque:queue:emailQueue") == "0")
                let started = try #require(try await resque.text("GET", "resque:worker:\(id):started"))
                #expect(started.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000/) != nil)
                let beat = try #require(try await resque.text("HGET", "resque:workers:heartbeat", id))
                #expect(beat.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00/) != nil)
                let ping = try #require(try await resque.text("GET", "resque:worker:ping:\(parts[0]):\(parts[1])"))
                let shape = /\{"time":\d{10},"name":"([^"]*)","queues":"emailQueue"\}/
                #expect(try #require(ping.wholeMatch(of: shape)).1 == "\(parts[0]):\(parts[1])")
                hold.change { $0 = true }
            }
        }
    }

    @Test("A job that fails is in failed as Ruby and node write it, and counted")
    func failure() async throws {
        struct Boom: Error, CustomStringConvertible { let description = "boom \"é\"" }
        try await withResque { resque in
            let told = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("sendEmail") { (_, _: [String: String]) in throw Boom() }
            try await resque.push(ruby)
            try await resque.withWorker(jobs) { worker, event in
                if case .failure = event { told.change { $0.append(worker) } }
            } _: {
                try await told.wait { !$0.isEmpty }
            }
            let entries = try await resque.texts("LRANGE", "resque:failed", "0", "-1")
            let entry = try #require(entries.first)
            let time = #/\d{4}/\d\d/\d\d \d\d:\d\d:\d\d UTC/#
            #expect(
                entry.replacing(time, with: "T")
                    == #"{"failed_at":"T","payload":\#(ruby),"exception":"Boom","error":"boom \"é\"","backtrace":[],"#
                    + #""worker":"\#(told.value[0])","queue":"emailQueue"}"#)
            #expect(try await resque.queue.stats() == (1, 1))
        }
    }

    @Test(
        "What can't be performed goes to failed with the bytes it had, and to its queue with them when retried",
        arguments: [
            ("hello", "InvalidJob"), ("{\"class\"", "InvalidJob"), ("{\u{1}}", "InvalidJob"), ("", "InvalidJob"),
            (#"{"args":[]}"#, "InvalidJob"), (#"{"class":"Nobody","args":[]}"#, "UnknownClass"),
            (#"{"class":"sendEmail","args":[3]}"#, "InvalidArguments"),
        ])
    func impossible(job: String, exception: String) async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register("sendEmail") { (_, _: [String: String]) in }
            try await resque.push(job)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.exception == exception)
            #expect(failed.queue == "emailQueue" && failed.job == Array(job.utf8))
            let entry = try JSONSerialization.jsonObject(with: Data(failed.entry))
            #expect((entry as? [String: Any])?["payload"] != nil)
            #expect(try await resque.queue.retry(failed))
            #expect(try await resque.texts("LRANGE", "resque:queue:emailQueue", "0", "-1") == [job])
            #expect(try await resque.queue.failedCount() == 0)
        }
    }

    @Test("Bytes that are not UTF-8 are kept")
    func bytes() async throws {
        try await withResque { resque in
            let all = [UInt8](0...255) + [UInt8](0...255).reversed()
            _ = try await resque.redis.send("RPUSH", "resque:queue:emailQueue", all)
            try await resque.withWorker(Jobs()) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            let failed = try #require(try await resque.queue.failed().first)
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(failed.entry)) }
            #expect(failed.job == all)
        }
    }

    @Test("A job of 10 MB is performed beside others")
    func large() async throws {
        try await withResque { resque in
            let length = Watched(0)
            var jobs = Jobs()
            jobs.register("sendEmail") { (_, text: String) in length.change { $0 = text.utf8.count } }
            let text = String(repeating: "x", count: 10 << 20)
            try await resque.push(#"{"class":"sendEmail","args":["\#(text)"]}"#)
            try await resque.withWorker(jobs) { try await length.wait { $0 == 10 << 20 } }
        }
    }

    @Test("The first queue that has a job comes first, and * is all others by name, also those that come later")
    func priority() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("look") { job in seen.change { $0.append(job.queue) } }
            for queue in ["b", "low", "a", "high"] { try await resque.push(#"{"class":"look"}"#, to: queue) }
            try await resque.withWorker(jobs, queues: ["high", "*", "low"]) {
                try await seen.wait { $0.count == 4 }
                try await resque.push(#"{"class":"look"}"#, to: "new")
                try await seen.wait { $0.count == 5 }
            }
            #expect(seen.value == ["high", "a", "b", "low", "new"])
        }
    }

    @Test("A pause that Ruby or node sets holds all, and its end lets them go on")
    func pause() async throws {
        try await withResque { resque in
            let performed = Watched(0)
            var jobs = Jobs()
            jobs.register("look") { _ in performed.change { $0 += 1 } }
            let paused = Watched(false)
            _ = try await resque.redis.send("SET", "resque:pause-all-workers", " TRUE ")
            try await resque.push(#"{"class":"look"}"#)
            try await resque.withWorker(jobs) { _, event in
                if case .pause = event { paused.change { $0 = true } }
            } _: {
                try await paused.wait { $0 }
                #expect(try await resque.queue.length(of: "emailQueue") == 1)
                try await resque.queue.pause(false)
                try await performed.wait { $0 == 1 }
            }
        }
    }

    @Test("As many jobs are performed at a time as the worker has processors, each with an id of its own")
    func concurrency() async throws {
        try await withResque { resque in
            let inside = Watched(0)
            let go = Watched(false)
            var jobs = Jobs()
            jobs.register("meet") { _ in
                inside.change { $0 += 1 }
                try await go.wait { $0 }
            }
            for _ in 0..<12 { try await resque.push(#"{"class":"meet"}"#) }
            var options = WorkerOptions()
            options.concurrency = 10
            try await resque.withWorker(jobs, options: options) {
                try await inside.wait { $0 == 10 }
                #expect(try await resque.queue.working().count == 10)
                #expect(try await resque.queue.length(of: "emailQueue") == 2)
                go.change { $0 = true }
                try await inside.wait { $0 == 12 }
            }
            #expect(try await resque.text("GET", "resque:stat:processed") == "12")
        }
    }
}
