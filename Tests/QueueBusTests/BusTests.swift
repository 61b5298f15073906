import Foundation
import Logging
import NIOPosix
import RedisClient
import Resque
import BgdemoTestSupport
import Testing

@testable import QueueBus

@Suite(.timeLimit(.minutes(1)))
struct BusTests {
    /// A Redis, and a publisher to its bus.
    struct BusFixture: Sendable {
        let url: RedisURL
        let redis: RedisConnection
        let logger: Logger
        var publisher: Publisher { Publisher(Queue(redis: redis), hostname: "here") }

        func texts(_ words: String...) async throws -> [String] {
            try await redis.send(RedisCommand(words)).array?.compactMap(\.text) ?? []
        }
    }

    func withFixture(_ body: @Sendable @escaping (BusFixture) async throws -> Void) async throws {
        try await withRedisServer { server in
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let url = try RedisURL(server.url)
            let redis = RedisConnection(url, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
            try await body(BusFixture(url: url, redis: redis, logger: logger))
            await redis.close()
        }
    }

    func work(_ fixture: BusFixture, _ bus: Bus, until body: @Sendable @escaping () async throws -> Void)
        async throws
    {
        var options = WorkerOptions()
        options.concurrency = 4
        let worker = Worker(
            queues: [Publisher.incoming] + bus.queues, jobs: bus.jobs(), redis: fixture.url,
            on: MultiThreadedEventLoopGroup.singleton, options: options, logger: fixture.logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    @Test("An event is published with queue-bus' bytes, and its attributes keep their order")
    func publish() async throws {
        try await withFixture { fixture in
            let mail = try BusEvent(json: #"{"to":"a@b.example","subject":"s","text":"t\"x"}"#.utf8)
            let event = try await fixture.publisher.publish("email_requested", mail)
            let id = event.id ?? ""
            let at = event["bus_published_at"] ?? ""
            let jobs = try await fixture.texts("LRANGE", "resque:queue:bus_incoming", "0", "-1")
            let job = try Job(Array((jobs.first ?? "").utf8), from: "bus_incoming")
            #expect(job.className == "QueueBus::Worker")
            #expect(id.hasPrefix("\(at)-") && id.count == at.count + 37)
            let inner = """
                {"bus_published_at":\(at),"bus_event_type":"email_requested","bus_id":"\(id)","bus_app_hostname":"here",\
                "to":"a@b.example","subject":"s","text":"t\\"x","bus_class_proxy":"QueueBus::Driver"}
                """
            #expect(String(decoding: event.json, as: UTF8.self) == inner)
            #expect(try job.arguments == JobArguments(inner))
            #expect(try await fixture.texts("SMEMBERS", "resque:queues") == ["bus_incoming"])
        }
    }

    @Test("An event goes to each subscriber once, whichever program published it")
    func fanOut() async throws {
        try await withFixture { fixture in
            let heard = Watched<[String]>([])
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            for name in ["mailer", "Archive!"] {
                let application = try Application(name)
                bus.ride(application, "copy", on: Matcher(eventType: "email_requested")) { event in
                    heard.change {
                        $0.append("\(application.key) \(event["to"] ?? "") \(event["bus_rider_queue"] ?? "")")
                    }
                }
            }
            try await bus.subscribe()
            // As Ruby writes a subscription and an event.
            _ = try await fixture.redis.send("SADD", "resque:bus_apps", "ruby")
            _ = try await fixture.redis.send(
                "HSET", "resque:bus_app:ruby", "all",
                #"{"queue_name":"ruby_default","key":"all","class":"::QueueBus::Rider","matcher":{"bus_event_type":"email_.*"}}"#
            )
            _ = try await fixture.redis.send(
                "RPUSH", "resque:queue:bus_incoming",
                #"{"class":"QueueBus::Worker","args":["{\"bus_published_at\":1795447222,\"bus_event_type\":\"email_requested\",\"bus_id\":\"1795447222-x\",\"to\":\"a@b.example\",\"bus_class_proxy\":\"QueueBus::Driver\"}"]}"#
            )
            try await work(fixture, bus) {
                try await heard.wait { $0.count == 2 }
            }
            #expect(
                heard.value.sorted() == ["archive_ a@b.example archive__default", "mailer a@b.example mailer_default"])
            let ruby = try await fixture.texts("LRANGE", "resque:queue:ruby_default", "0", "-1")
            #expect(ruby.count == 1)
            #expect(
                ruby.first?.contains(#"\"bus_rider_sub_key\":\"all\",\"bus_rider_class_name\":\"::QueueBus::Rider\""#)
                    == true)
            #expect(ruby.first?.contains(#"\"bus_class_proxy\":\"::QueueBus::Rider\""#) == true)
            #expect(try await fixture.redis.send("LLEN", "resque:failed").int == 0)
        }
    }

    @Test("A driver whose job was taken over pushes no copy; the other driver pushes each copy once")
    func takenOver() async throws {
        try await withFixture { fixture in
            let driving = Watched(0)
            let mayGoOn = Watched(false)
            let bus = Bus(redis: fixture.redis, logger: fixture.logger)
            let application = try Application("a")
            let subscription = Subscription(
                key: "k", queueName: application.queue(), matcher: Matcher(eventType: "happened"))
            try await Subscriptions(redis: fixture.redis).subscribe(application, to: [subscription])
            var options = WorkerOptions()
            options.concurrency = 2
            let worker = Worker(
                queues: [Publisher.incoming], jobs: bus.jobs(plugins: [Pausing(driving: driving, mayGoOn: mayGoOn)]),
                redis: fixture.url, on: MultiThreadedEventLoopGroup.singleton, options: options, logger: fixture.logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await worker.run() }
                try await fixture.publisher.publish("happened")
                try await driving.wait { $0 == 1 }
                // As a Ruby worker does who takes ours for dead: its record is gone, and the job is in the queue again.
                let records = try await fixture.texts("KEYS", "resque:worker:*:bus_incoming")
                let record = try #require(records.first)
                let payload = try #require(try await fixture.redis.send("GET", record).text)
                let job = payload.components(separatedBy: #""payload":"#)[1].components(separatedBy: #","worker""#)[0]
                _ = try await fixture.redis.send("DEL", record)
                _ = try await fixture.redis.send("RPUSH", "resque:queue:bus_incoming", job)
                try await driving.wait { $0 == 2 }
                mayGoOn.change { $0 = true }
                while try await fixture.redis.send("GET", "resque:stat:processed").int != 1 {}
                group.cancelAll()
            }
            #expect(try await fixture.redis.send("LLEN", "resque:queue:a_default").int == 1)
            #expect(try await fixture.redis.send("LLEN", "resque:failed").int == 0)
            #expect(try await fixture.texts("KEYS", "*driven*").isEmpty)
        }
    }

    @Test("If one queue of a fan-out is of another type, no copy is pushed, and the job fails")
    func unfit() async throws {
        try await withFixture { fixture in
            let bus = Bus(redis: fixture.redis, logger: fixture.logger)
            for name in ["a", "b"] {
                let application = try Application(name)
                try await Subscriptions(redis: fixture.redis).add(
                    Subscription(key: "k", queueName: application.queue(), matcher: Matcher(eventType: "happened")),
                    to: application)
            }
            _ = try await fixture.redis.send("SET", "resque:queue:b_default", "not a list")
            try await fixture.publisher.publish("happened")
            try await work(fixture, bus) {
                while try await fixture.redis.send("LLEN", "resque:failed").int != 1 {}
            }
            #expect(try await fixture.redis.send("LLEN", "resque:queue:a_default").int == 0)
            let failed = try await fixture.texts("LRANGE", "resque:failed", "0", "-1").joined()
            #expect(failed.contains("resque:queue:b_default: a queue is a list, and this is a string"))
        }
    }

    @Test("An application that subscribed before an event was published gets it, also between other events")
    func subscribedInTime() async throws {
        try await withFixture { fixture in
            let bus = Bus(redis: fixture.redis, logger: fixture.logger)
            let all = Subscriptions(redis: fixture.redis)
            try await work(fixture, bus) {
                for number in 0..<100 {
                    let application = try Application("a\(number)")
                    try await fixture.publisher.publish("other")
                    try await all.add(
                        Subscription(
                            key: "k", queueName: application.queue(), matcher: Matcher(eventType: "event\(number)")),
                        to: application)
                    try await fixture.publisher.publish("event\(number)")
                }
                while try await fixture.redis.send("GET", "resque:stat:processed").int != 200 {}
            }
            for number in 0..<100 {
                #expect(try await fixture.redis.send("LLEN", "resque:queue:a\(number)_default").int == 1)
            }
        }
    }

    @Test("A delayed event is among the delayed jobs, and is published when it is moved")
    func later() async throws {
        try await withFixture { fixture in
            let event = try await fixture.publisher.publish("happened", try BusEvent(["x": 1]), at: 4_000_000_000)
            #expect(event["bus_delayed_until"] == "4000000000")
            #expect(!event.has("bus_published_at"))
            #expect(event["bus_class_proxy"] == "QueueBus::Publisher")
            let delayed = try await fixture.texts("LRANGE", "resque:delayed:4000000000", "0", "-1")
            try #require(delayed.count == 1)
            _ = try await fixture.redis.send("RPUSH", "resque:queue:bus_incoming", delayed[0])
            let heard = Watched<[BusEvent]>([])
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            bus.ride(try Application("a"), "k", on: Matcher(["x": .value("1")])) { event in
                heard.change { $0.append(event) }
            }
            try await bus.subscribe()
            let riding = bus
            try await work(fixture, riding) { try await heard.wait { $0.count == 1 } }
            #expect(heard.value.first?.id == event.id)
            #expect(heard.value.first?.has("bus_published_at") == true)
        }
    }
}

/// Delays every job until the test lets it continue.
private struct Pausing: Plugin {
    let driving: Watched<Int>
    let mayGoOn: Watched<Bool>

    func afterPerform(
        _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
    ) async throws -> PerformResult {
        driving.change { $0 += 1 }
        try await mayGoOn.wait { $0 }
        return result
    }
}
