import BgdemoTestSupport
import Foundation
import Logging
import NIOPosix
import RedisClient
import Subprocess
import Testing

/// The resque strategy and its verbs beside the programs of others.
@Suite(.timeLimit(.minutes(1)))
struct ResqueEstateServeTests {
    private func verb(_ arguments: [String], _ server: RedisServer) async throws -> (text: String, TerminationStatus) {
        let (lines, status) = try await withProgram(arguments + ["--redis-url", server.url]) { program in
            try await program.end()
            return program.lines
        }
        return (lines.joined(separator: "\n"), status)
    }

    private func json(_ arguments: [String], _ server: RedisServer) async throws -> [String: Any] {
        let text = try await verb(arguments + ["--json"], server).text
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func serve(_ server: RedisServer, _ more: String...) -> [String] {
        ["serve", "--strategy", "resque", "--redis-url", server.url, "--port", "0"] + more
    }

    // Captured from Rails 6.1, of a job with keyword arguments.
    private let railsJob =
        #"{"job_class":"SendEmailJob","job_id":"3d56ccb3-b283-4cc6-b4e2-6002cfcadeb5","provider_job_id":null,"queue_name":"emailQueue","priority":null,"arguments":[{"to":"rails@example.org","subject":"s","text":"t","_aj_ruby2_keywords":["to","subject","text"]}],"executions":0,"exception_executions":{},"locale":"en","timezone":null,"enqueued_at":"2026-11-28T15:49:10Z"}"#
    private let wrapper = "ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper"

    @Test("A Rails job is shown by its class and time, and sent by a worker, which logs its class")
    func railsJob() async throws {
        try await withRedisServer { server in
            _ = try await verb(["enqueue", wrapper, railsJob, "--queue", "emailQueue"], server)
            let queues = try #require(try await json(["queues"], server)["queues"] as? [[String: Any]])
            #expect(queues.first?["next"] as? String == "SendEmailJob")
            #expect(queues.first?["wait"] is Double)
            _ = try await withProgram(serve(server, "--role", "worker")) { program in
                _ = try await program.line { $0.contains("Sent an email to rails@example.org") }
            }
            let after = try await json(["queues"], server)
            #expect(after["processed"] as? Int == 1)
        }
    }

    @Test("What goes on is seen at once by a program, too: the address of the pages, each picture of the queues")
    func followed() async throws {
        try await withRedisServer { server in
            let redis = ["--redis-url", server.url]
            _ = try await withProgram(["queues", "--serve", "--page-port", "0"] + redis) { program in
                let line = try await program.line(within: .seconds(20)) { $0.contains("page http://127.0.0.1:") }
                let port = try #require(line.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) })
                #expect(try await fetch("/queues", port: port).status == 200)
            }
            _ = try await withProgram(["queues", "--watch", "--json"] + redis) { program in
                _ = try await program.line(within: .seconds(20)) { $0.contains(#""processed":0"#) }
            }
        }
    }

    @Test("A worker takes the queues, the class and the namespace that it is told, and leaves what it does not know")
    func selection() async throws {
        try await withRedisServer { server in
            let mail = #"{"to":"you@example.org","subject":"s","text":"t"}"#
            let common = ["--queues", "mail*,!mailLow,other", "--job-class", "Mailer", "--namespace", "shop"]
            let options = serve(server) + common + ["--on-unknown-class", "leave"]
            _ = try await withProgram(options) { program in
                let port = try await program.port()
                _ = try await fetch("/web@example.org/s/t", port: port)
                _ = try await program.line { $0.contains("Sent an email to web@example.org") }
                for queue in ["mailHigh", "mailLow"] {
                    _ = try await verb(["enqueue", "Mailer", mail, "--queue", queue, "--namespace", "shop"], server)
                }
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
                _ = try await verb(["enqueue", "Nobody", "--queue", "other", "--namespace", "shop"], server)
                _ = try await program.line { $0.contains("reEnqueue other Nobody") }
                let overview = try await json(["queues", "--namespace", "shop"], server)
                let queues = try #require(overview["queues"] as? [[String: Any]])
                let low = queues.first { $0["queue"] as? String == "mailLow" }
                #expect(low?["length"] as? Int == 1)
                #expect(overview["failed"] as? Int == 0)
            }
        }
    }

    @Test(
        "Options that contradict one another are refused",
        arguments: [
            ["--queues", "!low"], ["--queues", "a,,b"], ["--on-unknown-class", "keep"], ["--namespace", ""],
            ["--job-class", "Mailer", "--semantics", "original"],
        ])
    func refused(options: [String]) async throws {
        try await withRedisServer { server in
            let arguments = ["serve", "--strategy", "resque", "--port", "0"] + options
            let (_, status) = try await verb(arguments, server)
            #expect(status == .exited(64))
        }
    }

    @Test("A queue and all workers are paused and resumed from the command line, which is shown")
    func pause() async throws {
        try await withRedisServer { server in
            let mail = #"{"to":"you@example.org","subject":"s","text":"t"}"#
            _ = try await verb(["enqueue", "sendEmail", mail], server)
            #expect(try await verb(["queues", "pause", "emailQueue"], server).1 == .exited(0))
            let paused = try await json(["queues"], server)
            #expect(paused["pausedQueues"] as? [String] == ["emailQueue"])
            #expect(paused["isPaused"] as? Bool == false)
            #expect(try await verb(["queues"], server).text.contains("paused: emailQueue"))
            _ = try await withProgram(serve(server, "--role", "worker")) { program in
                #expect(try await verb(["queues", "pause"], server).1 == .exited(0))
                #expect(try await verb(["queues"], server).text.contains("all paused"))
                #expect(try await verb(["queues", "resume", "emailQueue"], server).1 == .exited(0))
                let all = try await json(["queues"], server)
                #expect(all["isPaused"] as? Bool == true)
                let queues = try #require(try await json(["queues"], server)["queues"] as? [[String: Any]])
                #expect(queues.first?["length"] as? Int == 1)
                #expect(try await verb(["queues", "resume"], server).1 == .exited(0))
                _ = try await program.line { $0.contains("Sent an email to you@example.org") }
            }
        }
    }

    @Test("The job of a dead worker of another program goes to failed after the time that is given, not before")
    func otherWorkers() async throws {
        try await withRedisServer { server in
            let redis = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            for (id, age) in [("ruby:1:rubyQueue", 7), ("ruby:2:rubyQueue", 900)] {
                let beat = Date.now.addingTimeInterval(-Double(age)).ISO8601Format()
                _ = try await redis.send("SADD", "resque:workers", id)
                _ = try await redis.send("HSET", "resque:workers:heartbeat", id, beat)
                _ = try await redis.send(
                    "SET", "resque:worker:\(id)",
                    #"{"queue":"rubyQueue","run_at":"2026-11-23T15:19:23Z","payload":{"class":"A","args":[\#(age)]}}"#)
            }
            _ = try await withProgram(serve(server, "--role", "worker", "--other-workers-dead-after", "10m")) {
                program in _ = try await program.line { $0.contains("cleaning_worker ruby:2:rubyQueue") }
            }
            #expect(
                try await redis.send("SMEMBERS", "resque:workers").array?.compactMap(\.text) == ["ruby:1:rubyQueue"])
            #expect(try await redis.send("LLEN", "resque:queue:rubyQueue").int == 0)
            let failed = try await redis.send("LRANGE", "resque:failed", 0, -1).array?.compactMap(\.text) ?? []
            #expect(failed.count == 1 && failed[0].contains("Resque::PruneDeadWorkerDirtyExit"))
            #expect(failed[0].contains(#""args":[900]"#))
            await redis.close()
        }
    }

    @Test("The leader and what is overdue are shown, in queues, metrics and readiness")
    func leader() async throws {
        try await withRedisServer { server in
            #expect(try await verb(["queues"], server).text.contains("no scheduler"))
            let worker = serve(server, "--role", "worker", "--status-port", "0", "--host", "127.0.0.1")
            _ = try await withProgram(worker) { program in
                let port = try await program.port(after: "status")
                _ = try await program.line { $0.contains("leader among schedulers") }
                let leader = try #require(try await json(["queues"], server)["leader"] as? String)
                #expect(leader.contains("~"))
                #expect(try await verb(["queues"], server).text.contains("scheduler \(leader)"))
                while try await !fetch("/metrics", port: port).text.contains("resque_scheduler_leads 1") {}
                #expect(try await fetch("/metrics", port: port).text.contains("resque_delayed_overdue 0"))
                let ready = try await fetch("/readyz", port: port)
                #expect(ready.status == 200)
                #expect(ready.text == #"{"status":"ready","leader":true,"overdue":0,"overdueSeconds":0}"# + "\n")
            }
        }
    }

    @Test("A failed job is removed by its entry, and not by its place")
    func remove() async throws {
        try await withRedisServer { server in
            for text in ["one", "two"] {
                let mail = #"{"to":"fail-550@example.org","subject":"s","text":"\#(text)"}"#
                _ = try await verb(["enqueue", "sendEmail", mail], server)
            }
            _ = try await withProgram(serve(server, "--role", "worker", "--concurrency", "1")) { program in
                _ = try await program.line { $0.contains("failure emailQueue sendEmail") }
                // Of two lines alike the first would be found twice.
                while try await !redisCLI(["-s", server.socket, "LLEN", "resque:failed"]).contains("2") {
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            let text = try await verb(["queues", "failed", "--json"], server).text
            let failed = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
            #expect(failed.map { $0["exception"] as? String } == ["MailRefused", "MailRefused"])
            let entry = try #require(failed.first?["entry"] as? String)
            #expect(try await verb(["queues", "remove", entry], server).text == "1 failed jobs removed")
            #expect(try await verb(["queues", "remove", entry], server).1 == .exited(64))
            #expect(try await verb(["queues", "failed"], server).text.contains("two"))
        }
    }

    @Test("Recurring jobs are enqueued by a worker, and shown")
    func schedules() async throws {
        try await withRedisServer { server in
            let mail = #"{"to":"again@example.org","subject":"s","text":"t"}"#
            let schedule =
                #"{"class":"sendEmail","queue":"emailQueue","args":[\#(mail)],"cron":"* * * * * * Europe/Berlin"}"#
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let redis = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
            _ = try await redis.send("HSET", "resque:persistent_schedules", "again", schedule)
            await redis.close()
            let shown = try await verb(["queues", "schedules"], server).text
            #expect(shown.contains("* * * * * * Europe/Berlin") && shown.contains("never"))
            _ = try await withProgram(serve(server, "--role", "worker")) { program in
                _ = try await program.line { $0.contains("Enqueued a recurring job") }
                _ = try await program.line { $0.contains("Sent an email to again@example.org") }
            }
            let later = try await verb(["queues", "schedules"], server).text
            #expect(!later.contains("never"))
        }
    }
}
