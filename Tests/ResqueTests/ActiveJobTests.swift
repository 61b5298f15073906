import BgdemoFoundations
import BgdemoTestSupport
import Foundation
import RedisClient
import Testing

@testable import Resque

@Suite("Rails' ActiveJob", .timeLimit(.minutes(1)))
struct ActiveJobTests {
    private struct Mail: Codable, Equatable {
        var to = "u@example.org"
        var subject = "s"
        var text = "t"
    }

    private struct Boom: Error {}

    private func read(_ captured: CapturedActiveJob) throws -> ActiveJob {
        try ActiveJob(Job(Array(captured.rawValue.utf8), from: "emailQueue"))
    }

    @Test("A hash is read as an object, whatever its keys are in Ruby")
    func hashes() throws {
        for captured in [CapturedActiveJob.plainHash, .keywords, .wait, .queueAndPriority] {
            #expect(try read(captured).arguments.decode(Mail.self) == Mail())
        }
        let (symbols, urgent) = try read(.symbols).arguments.decode(Mail.self, String.self)
        #expect(symbols == Mail(subject: "hello") && urgent == "urgent")
        #expect(
            try read(.indifferentAccess).arguments.decode(Mail.self) == Mail(subject: "hé😀", text: "a\nb"))
    }

    @Test("What Ruby has and JSON has not is a value of its own")
    func values() throws {
        #expect(
            try read(.globalIDs).values
                == [.globalID("gid://shop/User/7"), .array([.globalID("gid://shop/User/8")])])
        #expect(
            try read(.times).values == [
                .time("2026-11-28T15:00:00.123456000Z"), .date("2026-11-28"), .duration("90"), .string("1.1"), .null,
                .null, .number("1.5"), .number("1180591620717411303424"), .bool(true),
            ])
        let symbols: [ActiveJobHash.Member] = [
            .init("to", isSymbol: true, .string("u@example.org")), .init("subject", isSymbol: true, .symbol("hello")),
            .init("text", isSymbol: true, .string("t")),
        ]
        #expect(try read(.symbols).values == [.hash(ActiveJobHash(symbols)), .symbol("urgent")])
        #expect(
            try read(.keywords).values
                == [
                    .hash(
                        ActiveJobHash(
                            symbols.map {
                                .init($0.name, isSymbol: true, $0.name == "subject" ? .string("s") : $0.value)
                            },
                            kind: .keywords))
                ])
    }

    @Test(
        "Values of newer Rails are read",
        arguments: [
            (
                #"{"_aj_serialized":"ActiveJob::Serializers::BigDecimalSerializer","value":"1.10"}"#,
                ActiveJobValue.decimal("1.10")
            ),
            (
                #"{"_aj_serialized":"ActiveJob::Serializers::ModuleSerializer","value":"Admin::User"}"#,
                .module("Admin::User")
            ),
            (
                #"{"_aj_serialized":"ActiveJob::Serializers::TimeWithZoneSerializer","value":"2026-11-28T16:00:00.5+01:00","time_zone":"Berlin"}"#,
                .time("2026-11-28T16:00:00.5+01:00")
            ),
            (
                #"{"_aj_serialized":"ActiveJob::Serializers::RangeSerializer","begin":1,"end":3,"exclude_end":false}"#,
                .serialized(
                    "ActiveJob::Serializers::RangeSerializer",
                    ActiveJobHash([
                        .init("begin", .number("1")), .init("end", .number("3")), .init("exclude_end", .bool(false)),
                    ]))
            ),
            (
                #"{"_aj_serialized":"MoneySerializer","amount":5}"#,
                .serialized("MoneySerializer", ActiveJobHash([.init("amount", .number("5"))]))
            ),
        ])
    func newer(json: String, value: ActiveJobValue) throws {
        #expect(try ActiveJobValue(JSONValue(Array(json.utf8))) == value)
    }

    @Test("A time is decoded as a date")
    func dates() throws {
        struct Anything: Decodable { init(from decoder: any Decoder) {} }
        let (time, day, seconds, _, _, _, _, big, _) = try read(.times).arguments.decode(
            Date.self, String.self, Int.self, String.self, String?.self, String?.self, Double.self, Double.self,
            Bool.self)
        #expect(abs(time.timeIntervalSince1970 - 1_795_878_000.123456) < 0.001)
        #expect(day == "2026-11-28" && seconds == 90 && big == 0x1p70)
    }

    @Test("Long runs of combining marks are read in linear time", .timeLimit(.minutes(1)))
    func marks() throws {
        let start = ContinuousClock.now
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 60_000)
        let rails =
            #"{"job_class":"\#(marks)","arguments":[{"\#(marks)":"\#(marks)"}],"#
            + #""exception_executions":{"\#(marks)":1,"b\#(marks)":1,"[Boom]":2}}"#
        let json = #"{"class":"\#(ActiveJob.wrapper)","args":[\#(rails)]}"#
        let job = try ActiveJob(Job(Array(json.utf8), from: "q"))
        #expect(job.exceptionExecutions.count == 3 && job.exceptionExecutions["[Boom]"] == 2)
        #expect(job.jobClass.utf8.count == marks.utf8.count)
        _ = try job.next(after: ["Boom"], delay: .zero)
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    @Test("All that a Rails job says of itself is read, in the form of any Rails")
    func members() throws {
        let job = try read(.queueAndPriority)
        #expect(job.jobClass == "SendEmailJob" && job.id == "6b7654bb-0c0a-4141-b474-438b7209d9f2")
        #expect(job.priority == 10 && job.executions == 0 && job.exceptionExecutions.isEmpty && job.locale == "en")
        #expect(job.enqueuedAt == Date(timeIntervalSince1970: 1_795_880_950) && job.scheduledAt == nil)
        #expect(try read(.retry).exceptionExecutions == ["[Boom]": 1])
        let newer = try ActiveJob(
            Job(
                Array(
                    #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"A","job_id":"1","arguments":[],"enqueued_at":"2026-11-28T15:49:10.250000000Z","scheduled_at":"2026-11-28T16:00:00.000000000Z"}]}"#
                        .utf8), from: "q"))
        #expect(newer.enqueuedAt == Date(timeIntervalSince1970: 1_795_880_950.25))
        #expect(newer.scheduledAt == Date(timeIntervalSince1970: 1_795_881_600))
        #expect(newer.job.pushed == newer.scheduledAt)
        // Rails performs a job of no more than this.
        let least = try Job(
            Array(
                #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"A","job_id":"1","arguments":[1]}]}"#
                    .utf8), from: "q")
        #expect(try ActiveJob(least).values == [.number("1")] && least.pushed == nil)
    }

    @Test(
        "What is no Rails job is said to be none",
        arguments: [
            "[]", "[1]", "[{}]", #"[{"job_class":1}]"#, #"[{"job_class":"A"},2]"#,
            #"[{"job_class":"A","arguments":["\ud83d"]}]"#,
        ])
    func invalid(arguments: String) throws {
        let job = try Job(
            Array(#"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":\#(arguments)}"#.utf8),
            from: "q")
        #expect(throws: InvalidJobArguments.self) { try ActiveJob(job) }
    }

    @Test("Arguments are written as Rails reads them, and read as they were written")
    func writing() async throws {
        try await withResque { resque in
            let values: [ActiveJobValue] = [
                .symbol("urgent"), .globalID("gid://shop/User/7"), .time("2026-11-28T15:00:00.123456000Z"),
                .date("2026-11-28"), .decimal("1.1"), .module("User"), .null, .bool(false), .number("1.50"),
                try ActiveJobValue(Mail()), try .keywords(Mail()),
                .hash(ActiveJobHash([.init("a", .string("b"))], kind: .indifferentAccess)), .duration("90"),
            ]
            try await resque.queue.enqueue(Job(activeJob: "SendEmailJob", values, queue: "q"))
            let bytes = try #require(try await resque.queue.peek("q").first)
            #expect(try ActiveJob(Job(bytes, from: "q")).values.dropLast() == values.dropLast())
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(
                text.hasPrefix(
                    #"{"class":"ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper","args":[{"job_class":"SendEmailJob","job_id":""#
                ))
            #expect(text.contains(#","_aj_ruby2_keywords":["subject","text","to"]}"#))
            #expect(
                text.contains(
                    #"{"_aj_serialized":"ActiveJob::Serializers::DurationSerializer","value":90,"parts":[[{"_aj_serialized":"ActiveJob::Serializers::SymbolSerializer","value":"seconds"},90]]}"#
                ))
        }
    }

    @Test("A delayed Rails job has the bytes by which Ruby finds it")
    func delayed() async throws {
        try await withResque { resque in
            try await resque.queue.enqueueIn(.seconds(60), activeJob: "SendEmailJob", .string("x"), to: "emailQueue")
            let job = try #require(try await resque.queue.delayed().first?.jobs.first)
            #expect(String(decoding: job, as: UTF8.self).hasSuffix(#"}],"queue":"emailQueue"}"#))
        }
    }

    @Test("A worker performs each captured job, by the class that Rails knows")
    func performs() async throws {
        try await withResque { resque in
            let performed = Watched<[String]>([])
            var jobs = Jobs()
            for name in ["SendEmailJob", "Admin::ReportJob"] {
                jobs.register(activeJob: name) { job in performed.change { $0.append(job.jobClass) } }
            }
            for captured in CapturedActiveJob.allCases { try await resque.push(captured.rawValue) }
            try await resque.withWorker(jobs) { try await performed.wait { $0.count == 9 } }
            #expect(performed.value.count { $0 == "Admin::ReportJob" } == 1)
            #expect(try await resque.queue.failedCount() == 0)
        }
    }

    @Test("A retry is a new job that counts the attempt, and Rails goes on where Swift stops")
    func retries() async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register(
                activeJob: "SendEmailJob", plugins: [Retry(attempts: 4, base: .seconds(60))],
                countedAs: ["Boom", "IOError"]
            ) { _ in throw Boom() }
            try await resque.push(CapturedActiveJob.retry.rawValue)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.delayedCount() == 1 } }
            let bytes = try #require(try await resque.queue.delayed().first?.jobs.first)
            let next = try ActiveJob(Job(bytes, from: "emailQueue"))
            #expect(next.executions == 2 && next.exceptionExecutions == ["[Boom]": 1, "[Boom, IOError]": 1])
            let values = try read(.retry).values
            #expect(next.id == "1a44a227-737d-4e59-b8db-313680cef67d" && next.values == values)
            #expect(try #require(next.enqueuedAt) > Date.now.addingTimeInterval(-60))
            #expect(String(decoding: bytes, as: UTF8.self).hasSuffix(#"Z"}],"queue":"emailQueue"}"#))
        }
    }

    @Test("A limit counts the attempts of Rails")
    func limit() async throws {
        try await withResque { resque in
            let attempts = Watched<[Int]>([])
            var jobs = Jobs()
            jobs.register(activeJob: "SendEmailJob", plugins: [Retry(attempts: 3, base: .milliseconds(1))]) { job in
                attempts.change { $0.append(job.executions) }
                throw Boom()
            }
            try await resque.push(CapturedActiveJob.retry.rawValue)
            try await resque.withWorker(jobs) {
                while try await resque.queue.failedCount() == 0, attempts.value.count < 10 {
                    // A scheduler of Ruby, which writes the job anew.
                    for key in try await resque.texts("KEYS", "resque:delayed:*") {
                        guard let job = try await resque.redis.send("LPOP", key).text else { continue }
                        try await resque.push(job.replacingOccurrences(of: #","queue":"emailQueue"}"#, with: "}"))
                    }
                    try await Task.sleep(for: .milliseconds(5))
                }
            }
            #expect(attempts.value == [1, 2])
        }
    }

    @Test("Logs and the wait in a queue know the job of Rails")
    func shown() async throws {
        try await withResque { resque in
            try await resque.push(CapturedActiveJob.plainHash.rawValue)
            let job = try Job(Array(CapturedActiveJob.plainHash.rawValue.utf8), from: "emailQueue")
            #expect(job.shownClass == "SendEmailJob")
            let pushed = try #require(job.pushed)
            #expect(pushed == Date(timeIntervalSince1970: 1_795_880_950))
            let wait = try #require(try await resque.queue.wait(in: "emailQueue"))
            #expect(abs(wait / .seconds(1) - max(0, Date.now.timeIntervalSince(pushed))) < 5)
        }
    }

    @Test("An unknown Rails job fails by its own class")
    func unknown() async throws {
        try await withResque { resque in
            var jobs = Jobs()
            jobs.register(activeJob: "Other") { _ in }
            try await resque.push(CapturedActiveJob.plainHash.rawValue)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            #expect(try await resque.queue.failed().first?.error?.contains(#""SendEmailJob""#) == true)
        }
    }
}
