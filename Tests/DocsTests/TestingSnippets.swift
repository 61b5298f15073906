import BgdemoTestSupport
import Eventr
import EventrTesting
import InMemoryTracing
import QueueBus
import QueueBusTesting
import RedisClient
import Resque
import ResqueTesting
import Synchronization
import Testing
import Tracing

/// The pieces of Swift about tests without a Redis.
struct TestingSnippets {
    /// A mail server that a test may switch off.
    private final class MailServer: Sendable {
        struct Down: Error {}

        private let state = Mutex(false)

        var isDown: Bool {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }

        func send(_ mail: Mail) async throws { if isDown { throw Down() } }
    }

    private let mail = Mail(to: "you@example.org", subject: "hello", text: "it works")

    private func jobs(_ mailer: MailServer) -> Jobs {
        var jobs = Jobs()
        jobs.register("sendEmail", plugins: [RateLimit(10, per: .seconds(1)), Retry()]) { (job, mail: Mail) in
            try await mailer.send(mail)
        }
        return jobs
    }

    private func signUp(_ address: String, _ queue: Queue) async throws {
        try await queue.enqueue("sendEmail", mail, to: "emailQueue")
    }

    private func signUp(_ address: String, _ producer: Producer) async throws {
        try await producer.write(json: #"{"eventName":"signedUp"}"#)
    }

    @Test("What was enqueued is found and performed, and a retry comes back")
    func resque() async throws {
        let mailServer = MailServer()
        let jobs = jobs(mailServer)
        let resque = TestResque(jobs: jobs)
        try await signUp("you@example.org", resque.queue)
        #expect(try await resque.queue.enqueued("sendEmail", mail))
        await resque.drain()
        #expect(try await resque.queue.failedCount() == 0)

        let job = try Job("sendEmail", JobArguments(mail), queue: "emailQueue")
        try await jobs.perform(job)

        let queue = resque.queue
        try await signUp("you@example.org", resque.queue)
        #expect(try await queue.enqueued("sendEmail", mail, to: "emailQueue"))

        mailServer.isDown = true
        await resque.drain()
        #expect(try await resque.queue.delayedCount() == 1)
        mailServer.isDown = false
        try await resque.advance(by: .seconds(60))
        await resque.drain()
        #expect(try await resque.queue.delayedCount() == 0)
    }

    @Test("A job is traced")
    func tracing() async throws {
        let jobs = jobs(MailServer())
        let tracer = InMemoryTracer()
        let resque = TestResque(jobs: jobs, tracer: tracer)
        try await signUp("you@example.org", resque.queue)
        await resque.drain()
        #expect(tracer.finishedSpans.map(\.operationName) == ["send emailQueue", "process emailQueue"])
    }

    /// Not called: a process has one tracer.
    private func bootstrap(_ tracer: any Tracer, _ redis: any RedisCommands) -> Queue {
        InstrumentationSystem.bootstrap(tracer)
        let queue = Queue(redis: redis)
        return queue
    }

    @Test("Events are handled, and a bus is driven and ridden")
    func events() async throws {
        let welcome = EventHandler("welcome") { event in }
        let test = TestEventLog()
        try await signUp("you@example.org", test.producer)
        await test.drain("mailer", [welcome])
        #expect(try await test.log.consumers().first?.lag == 0)
    }

    @Test("A bus is driven and ridden")
    func bus() async throws {
        let charged = Watched(0)
        let charge: @Sendable (String) async throws -> Void = { _ in charged.change { $0 += 1 } }
        let test = try await TestBus { bus in
            bus.ride(try Application("billing"), "new_users", on: Matcher(eventType: "user_created")) { event in
                try await charge(event["id"] ?? "")
            }
        }
        try await test.publisher.publish("user_created")
        await test.drive()
        #expect(try await test.copies(in: "billing_default").count == 1)
        await test.ride()
        #expect(charged.value == 1)
    }
}
