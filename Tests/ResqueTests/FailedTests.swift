import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

/// Entries of `failed`, as the web pages of Ruby need them.
@Suite(.timeLimit(.minutes(1)))
struct FailedTests {
    // What the json gem 2.6 of Ruby refuses to read or to write, and what its web page and "retry all" stop at.
    private static let unreadable: [String] = [
        #"{"class":"boom","args":["\ud83d"]}"#, #"{"class":"boom","args":["x\ude00y"]}"#,
        #"{"class":"boom","args":[1e400]}"#,
        #"{"class":"boom","args":[-1e400]}"#, #"{"class":"boom","args":[\#(String(repeating: "9", count: 400)).5]}"#,
        #"{"class":"boom","args":\#(String(repeating: "[", count: 99))\#(String(repeating: "]", count: 99))}"#,
        "[]", "\"boom\"", "3", "null", "{}", #"{"class":""}"#, #"{"class":1}"#, "junk", "{",
        #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[]}"#,
        #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":["x"]}"#,
    ]
    private static let readable: [String] = [
        #"{"class":"boom","args":["\ud83d\ude00é"]}"#, #"{"class":"boom","args":[1e-400,1e300,-0]}"#,
        #"{"class":"boom","args":[\#(String(repeating: "9", count: 400))]}"#,
        #"{"class":"boom","args":\#(String(repeating: "[", count: 98))\#(String(repeating: "]", count: 98))}"#,
        #"{"class":"boom","args":["\u0000"]}"#, #"{"class":"boom","args":null}"#, #"{"class":"boom"}"#,
    ]

    private struct Payload: Decodable {
        let `class`: String
        let args: [String]
    }

    private struct Entry: Decodable {
        let payload: Payload
        let queue: String
    }

    private struct Boom: Error {}

    @Test("What Ruby cannot read is an object with a class beside the original bytes", arguments: Self.unreadable)
    func wrapped(job: String) async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register("boom") { _ in throw Boom() }
            jobs.register("ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper") { _ in throw Boom() }
            try await resque.push(job)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.job == Array(job.utf8) && failed.queue == "emailQueue")
            let entry = try JSONDecoder().decode(Entry.self, from: Data(failed.entry))
            #expect(entry.payload.class == "UnreadableJob" && entry.payload.args == [job])
            #expect(RubyJSON.isReadableJob(UnreadableJob.payload(Array(job.utf8))))
            #expect(try await resque.queue.retry(failed))
            #expect(try await resque.texts("LRANGE", "resque:queue:emailQueue", 0, -1) == [job])
        }
    }

    @Test("What Ruby can read is kept as it is", arguments: Self.readable)
    func unchanged(job: String) { #expect(UnreadableJob.payload(Array(job.utf8)) == Array(job.utf8)) }

    @Test("Bytes that are no text come back as they were")
    func bytes() throws {
        let job = Array(0...255) as [UInt8]
        let entry = FailedEntry.entry(job: job, exception: "e", error: "e", worker: "w", queue: "q")
        #expect(FailedJob(entry).job == job)
        #expect(entry.isValidUTF8)
    }

    @Test("A job that Ruby has retried in that form is performed as the original")
    func retriedByRuby() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("look") { job in seen.change { $0.append(String(decoding: job.bytes, as: UTF8.self)) } }
            let original = #"{"class":"look","args":["\ud83d"]}"#
            try await resque.push(String(decoding: UnreadableJob.payload(Array(original.utf8)), as: UTF8.self))
            try await resque.withWorker(jobs) { try await seen.wait { $0.count == 1 } }
            #expect(seen.value == [original])
        }
    }

    @Test(
        "A delayed job without a queue fails in a form that Ruby shows and retries",
        arguments: ["junk\u{1}\"é", #"{"class":"a"}"#])
    func noQueue(job: String) async throws {
        try await withResque { resque in
            _ = try await resque.redis.send("RPUSH", "resque:delayed:1", job)
            _ = try await resque.redis.send("ZADD", "resque:delayed_queue_schedule", "1", "1")
            _ = try await Scheduler(redis: resque.redis, logger: resque.logger).step()
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.job == Array(job.utf8))
            let entry = try JSONDecoder().decode(Entry.self, from: Data(failed.entry))
            #expect(entry.payload.class == "UnreadableJob" && !entry.queue.isEmpty)
        }
    }

    @Test("The lists of RedisMultiQueue are seen, and their entries retried and removed")
    func manyLists() async throws {
        try await withResque { resque in
            func entry(_ queue: String, _ number: Int) -> String {
                #"{"failed_at":"2026/11/28 15:48:16 UTC","payload":{"class":"A","args":[\#(number)]},"exception":"E","error":"e","backtrace":[],"worker":"w:1:q","queue":"\#(queue)"}"#
            }
            _ = try await resque.redis.send("SADD", "resque:failed_queues", "high_failed", "low_failed")
            for (list, number) in [("failed", 0), ("high_failed", 1), ("high_failed", 2), ("low_failed", 3)] {
                _ = try await resque.redis.send("RPUSH", "resque:\(list)", entry("q", number))
            }
            let queue = resque.queue
            #expect(try await queue.failedCount() == 4)
            #expect(try await queue.failed().map(\.list) == ["failed", "high_failed", "high_failed", "low_failed"])
            #expect(try await queue.failed(2..<9).map(\.list) == ["high_failed", "low_failed"])
            let second = try await queue.failed(1..<2)[0]
            // The places change.
            #expect(try await queue.remove(queue.failed(0..<1)[0]))
            let found = try await queue.failed(digests: [second.digest])
            #expect(found == [second] && second.digest.count == 10)
            #expect(try await queue.retry(found[0]))
            #expect(try await resque.texts("LRANGE", "resque:queue:q", 0, -1) == [#"{"class":"A","args":[1]}"#])
            #expect(try await queue.retryFailed() == 2)
            #expect(try await queue.failedCount() == 0)
            _ = try await resque.redis.send("RPUSH", "resque:low_failed", entry("q", 3))
            #expect(try await queue.clearFailed() == 1)
        }
    }

    @Test("An exception has a name that a class of Ruby can have, and none of the library's or of Swift's types")
    func exception() {
        struct Generic<Value>: Error {}
        let json = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: ""))
        let errors: [any Error] = [
            Boom(), Generic<[Int]>(), NSError(domain: "d", code: 1), json, CancellationError(),
            ResqueError(.invalidArguments, "x"), ResqueError(plugin: Boom()), RedisError.closed,
        ]
        #expect(
            errors.map(FailedEntry.exception) == [
                "Boom", "StandardError", "StandardError", "InvalidArguments", "Interrupted", "InvalidArguments", "Boom",
                "RedisError",
            ])
    }

    @Test("Failed jobs that are too many for one reply are read in several")
    func longEntries() async throws {
        try await withResque { resque in
            var options = RedisOptions()
            options.replyByteLimit = 1 << 16
            let redis = RedisConnection(resque.url, on: resque.redis.eventLoop, options: options, logger: resque.logger)
            let queue = Queue(redis: redis)
            let jobs = (0..<100).map { #"{"class":"A","args":[\#($0),"\#(String(repeating: "x", count: 2000))"]}"# }
            for job in jobs {
                let entry = FailedEntry.entry(job: Array(job.utf8), exception: "e", error: "e", worker: "w", queue: "q")
                _ = try await resque.redis.send("RPUSH", "resque:failed", entry)
            }
            let failed = try await queue.failed()
            #expect(failed.map(\.job) == jobs.map { Array($0.utf8) })
            #expect(try await queue.failed(10..<90) == Array(failed[10..<90]))
            #expect(try await queue.failed(digests: [failed[70].digest, failed[3].digest]) == [failed[3], failed[70]])
            #expect(try await queue.retryFailed() == 100)
            #expect(try await resque.texts("LRANGE", "resque:queue:q", 0, -1) == jobs)
            await redis.close()
        }
    }
}
