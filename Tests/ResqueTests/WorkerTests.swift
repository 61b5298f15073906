import Redis
import Support
import Synchronization
import Testing

@testable import Resque

@Suite(.timeLimit(.minutes(1)))
struct WorkerTests {
    @Test("What Ruby and node have pushed is performed in the order of the queue")
    func performs() async throws {
        try await withEstate { estate in
            let seen = Watched<[String]>([])
            var jobs = Jobs()
            jobs.register("sendEmail") { (job, mail: [String: String]) in
                seen.change { $0.append("\(job.className) \(mail["to"] ?? "")") }
            }
            try await estate.push(
                #"{"class":"SendEmail","args":[{"to":"a@b.example","subject":"s","text":"t"}]}"#,
                #"{"class":"sendEmail","queue":"emailQueue","args":[{"to":"c@d.example","subject":"s","text":"t"}]}"#)
            try await estate.withWorker(jobs, events: { print($0, $1) }) {
                try await seen.wait { $0.count == 2 }
            }
            #expect(seen.value == ["SendEmail a@b.example", "sendEmail c@d.example"])
            #expect(try await estate.text("GET", "resque:stat:processed") == "2")
            #expect(try await estate.keys() == ["resque:queues", "resque:stat:processed"])
        }
    }
}
