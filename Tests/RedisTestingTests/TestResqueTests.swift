import BgdemoTestSupport
import Eventr
import EventrTesting
import Foundation
import QueueBus
import QueueBusTesting
import Resque
import ResqueTesting
import Testing

/// The libraries for tests, as a test of an application uses them: without a Redis.
struct TestResqueTests {
    struct Refused: Error {}

    @Test("A failed job is retried when the clock is turned")
    func retry() async throws {
        var jobs = Jobs()
        let isDown = Watched(true)
        jobs.register("sendEmail", plugins: [Retry(attempts: 3, base: .seconds(60))]) { (job, to: String) in
            if isDown.value { throw Refused() }
        }
        let resque = TestResque(jobs: jobs)
        try await resque.queue.enqueue("sendEmail", "you@example.org", to: "emailQueue")
        let outcomes = await resque.drain()
        guard case .reEnqueue(_, _, let delay)? = outcomes.first else { throw Refused() }
        #expect(outcomes.count == 1 && delay <= .seconds(60))
        #expect(await resque.drain().isEmpty)
        isDown.change { $0 = false }
        let before = resque.now
        #expect(try await resque.advance(by: .seconds(62)) == 1)
        #expect(resque.now.timeIntervalSince(before) >= 62)
        guard case .success? = await resque.drain().first else { throw Refused() }
    }

    @Test(
        "Recurring jobs are enqueued as often as they are due while the clock is turned",
        arguments: [
            (every: 20, turned: 61, jobs: 3), (every: 600, turned: 3660, jobs: 6), (every: 600, turned: 5, jobs: 0),
        ])
    func recurring(every: Int, turned: Int, jobs: Int) async throws {
        let resque = TestResque()
        try await resque.queue.setSchedule("report", every: .seconds(every), Job("SendReport", queue: "low"))
        #expect(try await resque.advance(by: .seconds(turned)) == 0)
        #expect(try await resque.queue.length(of: "low") == jobs)
    }

    @Test("One job is performed without a queue")
    func perform() async throws {
        var jobs = Jobs()
        jobs.register("add") { (job, one: Int, other: Int) in one + other }
        let job = try Job("add", JobArguments(2, 3), queue: "q")
        #expect(try await jobs.perform(job) as? Int == 5)
        await #expect(throws: UnknownClass.self) { try await jobs.perform(Job("other", queue: "q")) }
        await #expect(throws: InvalidJobArguments.self) { try await jobs.perform(Job("add", queue: "q")) }
    }

    @Test("A retry of a handler is due when the clock is turned")
    func events() async throws {
        let test = TestEventLog()
        try await test.producer.write(json: #"{"eventName":"user_created"}"#)
        let attempts = Watched(0)
        let handler = EventHandler("welcome") { event in
            if attempts.change({ count in
                count += 1; return count
            }) == 1 {
                throw Refused()
            }
        }
        var options = ConsumerOptions()
        options.retryDelay = .seconds(200)
        await test.drain("mailer", [handler], options: options)
        #expect(attempts.value == 1)
        test.advance(by: .seconds(3600))
        let events = await test.drain("mailer", [handler])
        #expect(attempts.value == 2)
        #expect(events.contains { if case .success = $0 { true } else { false } })
        #expect(try await test.log.consumers().first?.retries == 0)
    }

    @Test("A bus is driven and ridden by hand")
    func bus() async throws {
        let ridden = Watched<[String]>([])
        let test = try await TestBus { bus in
            bus.ride(try Application("billing"), "new_users", on: Matcher(eventType: "user_created")) { event in
                ridden.change { $0.append(event["name"] ?? "") }
            }
        }
        try await test.publisher.publish("user_created", BusEvent(["name": "Ada"]))
        #expect(try await test.copies(in: "billing_default").isEmpty)
        await test.drive()
        #expect(try await test.copies(in: "billing_default").map { $0["name"] } == ["Ada"])
        await test.ride()
        #expect(ridden.value == ["Ada"])
    }

    @Test("A delay of an event is counted by the clock of Redis")
    func delayByTheClockOfRedis() async throws {
        let test = try await TestBus { bus in
            bus.ride(try Application("billing"), "new_users", on: Matcher(eventType: "user_created")) { _ in }
        }
        // This process's clock is an hour behind from here on.
        try await test.resque.advance(by: .seconds(3600))
        try await test.publisher.publish("user_created", in: .seconds(10))
        try await test.resque.advance(by: .seconds(8))
        await test.drive()
        #expect(try await test.copies(in: "billing_default").isEmpty)
        try await test.resque.advance(by: .seconds(4))
        await test.drive()
        #expect(try await test.copies(in: "billing_default").count == 1)
    }
}
