import BgdemoTestSupport
import RedisClient
import Testing

@testable import Resque

@Suite("The forms of a job", .timeLimit(.minutes(1)))
struct JobParametersTests {
    private struct SendEmail: JobParameters, Equatable {
        static let jobName = "sendEmail"
        static let queue = "emailQueue"
        let to: String
        let subject: String
    }

    @Test("A typed job is pushed under its name to its queue, and performed with its parameters")
    func typed() async throws {
        try await withResque { resque in
            let email = SendEmail(to: "a@b.example", subject: "s")
            try await resque.queue.enqueue(email)
            #expect(
                try await resque.texts("LRANGE", "resque:queue:emailQueue", 0, -1)
                    == [#"{"class":"sendEmail","queue":"emailQueue","args":[{"subject":"s","to":"a@b.example"}]}"#])
            let seen = Watched<SendEmail?>(nil)
            var jobs = Jobs()
            jobs.register(SendEmail.self) { _, email in seen.change { $0 = email } }
            try await resque.withWorker(jobs) { try await seen.wait { $0 == email } }
        }
    }

    @Test("A closure of the job alone gets every job, whatever its arguments; with parameters the arguments must fit")
    func closures() async throws {
        try await withResque { resque in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("whole", plugins: [Retry(attempts: 1)]) { job in
                seen.change { $0.append(String(decoding: job.arguments.json, as: UTF8.self)) }
            }
            jobs.register("fitting") { (_, number: Int, text: String?) in seen.change { $0.append("\(number)") } }
            try await resque.push(
                #"{"class":"whole","args":[1,"two"]}"#, #"{"class":"whole"}"#, #"{"class":"fitting","args":[3]}"#,
                #"{"class":"fitting","args":["x"]}"#)
            try await resque.withWorker(jobs) { try await resque.until { try await $0.queue.failedCount() == 1 } }
            #expect(seen.value == [#"[1,"two"]"#, "[]", "3"])
            let failed = try #require(try await resque.queue.failed().first)
            #expect(failed.exception == "InvalidArguments")
            #expect(failed.error == "args[0] is not a whole number")
        }
    }
}
