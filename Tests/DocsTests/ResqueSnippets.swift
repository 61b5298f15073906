import Logging
import NIOPosix
import RedisClient
import Resque
import ServiceLifecycle
import BgdemoTestSupport
import Testing
import UnixSignals

struct Mail: Codable, Sendable {
    let to: String
    let subject: String
    let text: String
}

struct Order: Codable, Sendable {
    let number: Int
}

struct SendEmail: JobParameters {
    static let jobName = "sendEmail"
    static let queue = "emailQueue"
    let to, subject, text: String
}

/// The pieces of Swift about queues: Sources/Resque, and its part of the README.
@Suite(.timeLimit(.minutes(1)))
struct ResqueSnippets {
    private let group = MultiThreadedEventLoopGroup.singleton
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("The address of a Redis")
    func address() throws {
        let url = try RedisURL("redis://127.0.0.1:6379")
        #expect("\(url)" == "redis://127.0.0.1:6379/0")
    }

    @Test("Jobs are pushed, put off, and kept from waiting twice")
    func enqueue() async throws {
        try await withRedisServer { server in
            let url = try RedisURL(server.url)

            let group = MultiThreadedEventLoopGroup.singleton
            let redis = RedisConnectionPool(url, on: group, logger: Logger(label: "shop"))
            let queue = Queue(redis: redis)

            let mail = Mail(to: "you@example.org", subject: "hello", text: "it works")
            try await queue.enqueue("sendEmail", mail, to: "emailQueue")

            try await queue.enqueueIn(.seconds(90), Job("sendEmail", JobArguments(mail), queue: "emailQueue"))

            print(try await queue.length(of: "emailQueue"), "wait,", try await queue.delayedCount(), "are delayed")
            for failed in try await queue.failed() where failed.queue == "emailQueue" {
                if try await queue.retry(failed) { print("once more, after:", failed.error ?? "") }
            }

            let job = try #require(try await queue.peek("emailQueue").first)
            #expect(
                String(decoding: job, as: UTF8.self)
                    == #"{"class":"sendEmail","queue":"emailQueue","args":[{"subject":"hello","text":"it works","to":"you@example.org"}]}"#
            )
            #expect(try await queue.length(of: "emailQueue") == 1)
            #expect(try await queue.delayedCount() == 1)
            #expect(try await enqueueOnce(redis, mail) == [true, false])
            await redis.close()
        }
    }

    private func enqueueOnce(_ redis: RedisConnectionPool, _ mail: Mail) async throws -> [Bool] {
        var jobs = Jobs()
        jobs.register("remind", plugins: [QueueLock()]) { (job, mail: Mail) in }
        let queue = Queue(redis: redis, jobs: jobs)
        let isFirst = try await queue.enqueue("remind", mail, to: "emailQueue")
        return [isFirst, try await queue.enqueue("remind", mail, to: "emailQueue")]
    }

    @Test("A typed job is enqueued and registered by its type")
    func typed() async throws {
        try await withRedisServer { server in
            let redis = RedisConnectionPool(try RedisURL(server.url), on: group, logger: logger)
            let queue = Queue(redis: redis)
            let deliver: @Sendable (SendEmail) async throws -> Void = { _ in }
            var jobs = Jobs()
            jobs.register(SendEmail.self) { job, email in try await deliver(email) }
            try await queue.enqueue(SendEmail(to: "you@example.org", subject: "hello", text: "it works"))
            #expect(jobs.names == ["sendEmail"])
            let bytes = try #require(try await queue.peek("emailQueue").first)
            let job = try Job(bytes, from: "emailQueue")
            let (mail, count) = try job.arguments.decode(Mail.self, Int?.self)
            #expect(mail.to == "you@example.org" && count == nil)
            await redis.close()
        }
    }

    @Test("Rails jobs are registered and enqueued, and a job recurs")
    func rails() async throws {
        try await withRedisServer { server in
            let redis = RedisConnectionPool(try RedisURL(server.url), on: group, logger: logger)
            let queue = Queue(redis: redis)
            let mail = Mail(to: "you@example.org", subject: "hello", text: "it works")
            let mailer = Mailer { _ in }
            var jobs = Jobs()
            jobs.register(activeJob: "SendEmailJob", plugins: [Retry(attempts: 5)]) { (job, mail: Mail) in
                try await mailer.send(mail)
            }
            #expect(jobs.names == ["SendEmailJob"])

            try await queue.enqueue(activeJob: "SendEmailJob", .keywords(mail), to: "emailQueue")

            let bytes = try #require(try await queue.peek("emailQueue").first)
            let job = try ActiveJob(Job(bytes, from: "emailQueue"))
            #expect(try job.arguments.decode(Mail.self).to == "you@example.org")

            try await queue.setSchedule(
                "report", cron: "0 9 * * mon-fri Europe/Berlin", Job("SendReport", queue: "low"))

            #expect(try await queue.schedules().map(\.name) == ["report"])
            await redis.close()
        }
    }

    @Test("What is registered is performed, by a worker and by one that follows the load")
    func work() async throws {
        try await withRedisServer { server in
            let url = try RedisURL(server.url)
            let redis = RedisConnectionPool(url, on: group, logger: logger)
            let (sent, send) = AsyncStream.makeStream(of: String.self)
            let mailer = Mailer { send.yield($0.to) }

            var jobs = Jobs()
            jobs.register("sendEmail", plugins: [Retry(attempts: 5)]) { (job, mail: Mail) in
                try await mailer.send(mail)
            }

            let all = Task { [jobs] in try await serve(url, jobs) }
            let some = Task { [jobs] in try await follow(url, jobs) }
            for queue in ["critical", "slowQueue"] {
                try await Queue(redis: redis).enqueue("SendEmail", Mail(to: queue, subject: "s", text: "t"), to: queue)
            }
            var names: Set<String> = []
            for await name in sent.prefix(2) { names.insert(name) }
            #expect(names == ["critical", "slowQueue"])
            all.cancel()
            some.cancel()
            _ = (try? await all.value, try? await some.value)
            await redis.close()
        }
    }

    private func serve(_ url: RedisURL, _ jobs: Jobs) async throws {
        let worker = Worker(queues: ["critical", "*"], jobs: jobs, redis: url, on: group, logger: logger)
        let scheduler = Scheduler(redis: RedisConnection(url, on: group.next(), logger: logger), logger: logger)
        let services = ServiceGroup(
            services: [scheduler, worker], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await services.run()
    }

    private func follow(_ url: RedisURL, _ jobs: Jobs) async throws {
        var scaling = MultiWorker.Scaling()
        scaling.processors = 1...20
        let worker = MultiWorker(
            queues: ["slowQueue"], jobs: jobs, redis: url, on: group, scaling: scaling, logger: logger)
        try await worker.run()
    }

    private func pause(_ url: RedisURL, _ jobs: Jobs) async throws {
        var options = WorkerOptions()
        options.control = WorkerControl()
        let worker = Worker(queues: ["mails"], jobs: jobs, redis: url, on: group, options: options, logger: logger)
        options.control?.pause()
        try await worker.run()
    }

    @Test("A job that says how far it is")
    func progress() async throws {
        var jobs = Jobs()
        jobs.register("import", timeout: .seconds(3600)) { (job, rows: [String]) in
            let logger = job.context.logger
            for (place, row) in rows.enumerated() {
                try Task.checkCancellation()
                logger.debug("row \(row)")
                job.context.report(Double(place) / Double(rows.count))
            }
        }
        try await jobs.perform(Job("import", JobArguments(["a", "b"]), queue: "q"))
    }

    @Test("A worker as its comment has it, and a job that leads to another")
    func followUp() async throws {
        try await withRedisServer { server in
            let url = try RedisURL(server.url)
            let redis = RedisConnectionPool(url, on: group, logger: logger)
            let (done, finish) = AsyncStream.makeStream(of: Int.self)
            var jobs = Jobs()
            jobs.register("order") { (job, order: Order) in
                FollowUps([try Job("invoice", JobArguments(order), queue: "invoices")])
            }
            jobs.register("invoice") { (job, order: Order) in finish.yield(order.number) }
            let working = Task { [jobs] in
                let worker = Worker(queues: ["critical", "*"], jobs: jobs, redis: url, on: group, logger: logger)
                try await worker.run()
            }
            try await Queue(redis: redis).enqueue("order", Order(number: 7), to: "orders")
            #expect(await done.first { _ in true } == 7)
            working.cancel()
            _ = try? await working.value
            await redis.close()
        }
    }

    @Test("What Ruby pushes is what Swift would, and the other way round")
    func sharing() async throws {
        try await withRedisServer { server in
            let redis = RedisConnectionPool(try RedisURL(server.url), on: group, logger: logger)
            let queue = Queue(redis: redis)
            let mail = Mail(to: "you@example.org", subject: "hello", text: "it works")

            try await queue.enqueue("SendEmail", mail, to: "emailQueue")

            let arguments = try JobArguments(json: #"[{"to":"you@example.org","subject":"hello","text":"it works"}]"#)
            try await queue.enqueue(Job("sendEmail", arguments, queue: "emailQueue"))

            #expect(try await queue.length(of: "emailQueue") == 2)
            await redis.close()
        }
    }
}

struct Mailer: Sendable {
    let deliver: @Sendable (Mail) -> Void

    func send(_ mail: Mail) async throws { deliver(mail) }
}
