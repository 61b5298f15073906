import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import NIOPosix
import RedisClient
import Testing

@testable import Resque

@Suite("Beside the programs of others", .timeLimit(.minutes(1)))
struct EstateTests {
    private struct Boom: Error {}

    @Test(
        "The class of a job may have Ruby's leading colons",
        arguments: ["::SendEmail", "SendEmail", "sendEmail", "::sendEmail"])
    func leadingColons(name: String) throws {
        var jobs = Jobs()
        jobs.register("sendEmail") { (_: Job) in }
        #expect(jobs.knows(try Job(Array(#"{"class":"\#(name)","args":[]}"#.utf8), from: "q")))
        #expect(!jobs.knows(try Job(Array(#"{"class":"::\#(name)::","args":[]}"#.utf8), from: "q")))
    }

    @Test(
        "A retry limit holds though another scheduler writes the job anew",
        arguments: [
            // resque-scheduler drops the queue, node's cjson makes an object of an empty list, keys change their order.
            (
                #"{"class":"boom","queue":"emailQueue","args":[{"b":1,"a":[]}]}"#,
                #"{"class":"boom","args":[{"a":{},"b":1}]}"#
            ),
            (#"{"class":"boom","args":["\u00e9\/"]}"#, #"{"args":["é/"],"class":"boom"}"#),
            (
                #"{"class":"boom","args":[{"id":"01J","to":"a@b.example"}]}"#,
                #"{"class":"boom","args":[{"to":"a@b.example","id":"01J","more":null}]}"#
            ),
            (#"{"class":"boom","args":[1.0]}"#, #"{"class":"boom","args":[1]}"#),
        ])
    func retryLimit(job: String, anew: String) async throws {
        try await withResque { resque in
            let attempts = Watched<[Int]>([])
            var jobs = Jobs()
            jobs.register("boom", plugins: [Retry(attempts: 3, base: .milliseconds(1))]) { job in
                attempts.change { $0.append(job.failures) }
                throw Boom()
            }
            try await resque.push(job)
            try await resque.withWorker(jobs) {
                while try await resque.queue.failedCount() == 0, attempts.value.count < 10 {
                    for key in try await resque.texts("KEYS", "resque:delayed:*") {
                        guard try await resque.redis.send("LPOP", key).bytes != nil else { continue }
                        try await resque.push(anew)
                    }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(attempts.value == [0, 1, 2])
        }
    }

    @Test(
        "A job that Ruby's JSON refuses is delayed in a form that Ruby's scheduler can move, and tried again as it was",
        arguments: [#"{"class":"boom","args":["\ud83d"]}"#, #"{"class":"boom","args":[1e400]}"#])
    func unreadableRetry(job: String) async throws {
        try await withResque { resque in
            let attempts = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("boom", plugins: [Retry(attempts: 3, base: .milliseconds(1))]) { job in
                attempts.change { $0.append("\(job.failures) \(String(decoding: job.bytes, as: UTF8.self))") }
                throw Boom()
            }
            try await resque.push(job)
            try await resque.withWorker(jobs) {
                while try await resque.queue.failedCount() == 0 {
                    for key in try await resque.texts("KEYS", "resque:delayed:*") {
                        guard let delayed = try await resque.redis.send("LPOP", key).bytes else { continue }
                        #expect(RubyJSON.isReadableJob(delayed))
                        #expect(try JSONObject(delayed)["queue"]?.text == "emailQueue")
                        try await resque.push(String(decoding: delayed, as: UTF8.self))
                    }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(attempts.value == (0..<3).map { "\($0) \(job)" })
            #expect(try await resque.queue.failed().map(\.job) == [Array(job.utf8)])
        }
    }

    @Test("A queue that resque-pause pauses, and everything where pause:all says so, is left alone")
    func pauses() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("look") { job in seen.change { $0.append(job.queue) } }
            _ = try await resque.redis.send("SET", "resque:pause:queue:a", "anything")
            try await resque.push(#"{"class":"look"}"#, to: "a")
            try await resque.push(#"{"class":"look"}"#, to: "b")
            try await resque.withWorker(jobs, queues: ["a", "b"]) {
                try await seen.wait { $0 == ["b"] }
                #expect(try await resque.queue.paused(["a", "b"]).queues == ["a"])
                _ = try await resque.redis.send("SET", "resque:pause:all", "1")
                try await resque.queue.pause(queue: "a", false)
                #expect(try await resque.queue.paused(["a", "b"]) == (true, []))
                #expect(try await resque.queue.length(of: "a") == 1)
                _ = try await resque.redis.send("DEL", "resque:pause:all")
                try await seen.wait { $0 == ["b", "a"] }
            }
        }
    }

    @Test("A job of a capitalised class has Ruby's bytes, in its queue and among the delayed jobs")
    func rubyBytes() async throws {
        try await withResque { resque in
            let job = Job("SendEmail", try JobArguments(1), queue: "emailQueue")
            try await resque.queue.enqueue(job)
            #expect(
                try await resque.texts("LRANGE", "resque:queue:emailQueue", 0, -1)
                    == [#"{"class":"SendEmail","args":[1]}"#])
            try await resque.queue.enqueueIn(.seconds(60), job)
            #expect(
                try await resque.texts("KEYS", "resque:timestamps:*")
                    == [#"resque:timestamps:{"class":"SendEmail","args":[1],"queue":"emailQueue"}"#])
        }
    }

    @Test("The lock of equal jobs is keyed by their arguments as JavaScript spells them")
    func lockKey() async throws {
        try await withResque { resque in
            let jobs = try ["[1.0,\"\\u00e9\\/\"]", "[ 1 , \"é/\" ]"].map {
                Job("once", try JobArguments(json: $0), queue: "q")
            }
            var known = Jobs()
            known.register("once", plugins: [QueueLock()]) { _ in }
            let queue = Queue(redis: resque.redis, jobs: known)
            #expect(try await queue.enqueue(jobs[0]))
            #expect(try await !queue.enqueue(jobs[1]))
            #expect(try await resque.texts("KEYS", "resque:lock:*") == [#"resque:lock:once:q:[1,"é/"]"#])
        }
    }

    @Test(
        "Extreme numbers in Redis do not trap",
        arguments: [
            "9223372036854775807,9223372036854775807", "-9223372036854775808,-1", "99999999999999999999,x",
        ])
    func numbers(counts: String) async throws {
        try await withResque { resque in
            let performed = Watched(0)
            var jobs = Jobs()
            jobs.register("boom", plugins: [Retry(attempts: 3, base: .milliseconds(1))]) { _ in
                performed.change { $0 += 1 }
                throw Boom()
            }
            let job = #"{"class":"boom","queue":"emailQueue","args":[]}"#
            // The history of the job, under the key by which the library looks for it.
            try await resque.push(job)
            try await resque.withWorker(jobs) { try await performed.wait { $0 == 1 } }
            for key in try await resque.texts("HKEYS", "resque:swift:again") {
                _ = try await resque.redis.send("HSET", "resque:swift:again", key, "id,\(counts)")
            }
            try await resque.push(job)
            for name in ["stat:processed", "stat:failed"] {
                _ = try await resque.redis.send("SET", "resque:\(name)", "9223372036854775806")
            }
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "1e300", "9223372036854775807")
            try await resque.withWorker(jobs) { try await performed.wait { $0 == 2 } }
            _ = try await resque.queue.stats()
            _ = try await resque.queue.delayedCount()
        }
    }

    @Test("The time to read a job grows as its bytes, also with text that is quadratic to compare as characters")
    func linear() throws {
        func time(_ count: Int) throws -> Duration {
            let text = "a" + String(repeating: "\u{301}\u{323}", count: count)
            let bytes = Array(#"{"class":"\#(text)","\#(text)":1,"args":[{"\#(text)":"\#(text)"}]}"#.utf8)
            var jobs = Jobs()
            jobs.register("look") { _ in }
            return try ContinuousClock().measure {
                let job = try Job(bytes, from: text)
                _ = try? jobs.definition(of: job)
                _ = Set([job, job])
                _ = try? job.arguments.decode([String: String].self)
            }
        }
        _ = try time(1000)
        // Compared as characters it takes minutes.
        #expect(try time(100_000) < .seconds(20))
    }
}
