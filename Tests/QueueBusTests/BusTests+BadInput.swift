import RedisClient
import Resque
import BgdemoTestSupport
import Testing

@testable import QueueBus

/// Invalid jobs and subscriptions.
extension BusTests {
    @Test("A job that this program cannot perform fails with the reason")
    func failures() async throws {
        try await withFixture { fixture in
            let bus = Bus(redis: fixture.redis, logger: fixture.logger)
            for inner in [
                #"{}"#, #"[]"#, #"{\"bus_class_proxy\":\"Gone\"}"#,
                #"{\"bus_class_proxy\":\"::QueueBus::Rider\",\"bus_rider_app_key\":\"a\"}"#,
            ] {
                _ = try await fixture.redis.send(
                    "RPUSH", "resque:queue:bus_incoming", "{\"class\":\"QueueBus::Worker\",\"args\":[\"\(inner)\"]}")
            }
            try await work(fixture, bus) {
                while try await fixture.redis.send("LLEN", "resque:failed").int != 4 {}
            }
            let failed = try await fixture.texts("LRANGE", "resque:failed", "0", "-1").joined()
            for word in [
                "is not a JSON object", "does not have the class \\\"Gone\\\"", "does not ride the subscription",
            ] {
                #expect(failed.contains(word))
            }
        }
    }

    @Test("The job of an event without a subscriber succeeds")
    func unheard() async throws {
        try await withFixture { fixture in
            let bus = Bus(redis: fixture.redis, logger: fixture.logger)
            try await fixture.publisher.publish("unheard")
            try await work(fixture, bus) {
                while try await fixture.redis.send("GET", "resque:stat:processed").int != 1 {}
            }
            #expect(try await fixture.redis.send("EXISTS", "resque:failed").int == 0)
        }
    }

    @Test("Applications without readable subscriptions do not affect the others")
    func unreadable() async throws {
        try await withFixture { fixture in
            let heard = Watched(0)
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            bus.ride(try Application("good"), "k", on: Matcher(["a": .key])) { _ in heard.change { $0 += 1 } }
            try await bus.subscribe()
            _ = try await fixture.redis.send("SADD", "resque:bus_apps", "none", "broken", "odd")
            _ = try await fixture.redis.send("SET", "resque:bus_app:broken", "no hash")
            for (key, json) in [
                ("1", "{"), ("2", "[]"), ("3", #"{"key":"3"}"#), ("4", #"{"queue_name":"q","key":"4","matcher":7}"#),
                ("5", #"{"queue_name":"q","key":"5","matcher":{"a":"(a"}}"#),
                ("6", #"{"queue_name":"q","key":"6","matcher":{"a":null}}"#),
            ] {
                _ = try await fixture.redis.send("HSET", "resque:bus_app:odd", key, json)
            }
            let riding = bus
            try await work(fixture, riding) {
                try await fixture.publisher.publish("anything", BusEvent(["a": 1]))
                // Nothing says what happened.
                _ = try await fixture.redis.send(
                    "RPUSH", "resque:queue:bus_incoming",
                    #"{"class":"QueueBus::Worker","args":["{\"a\":1,\"bus_class_proxy\":\"QueueBus::Driver\"}"]}"#)
                try await heard.wait { $0 == 2 }
            }
            #expect(try await fixture.redis.send("EXISTS", "resque:failed", "resque:queue:q").int == 0)
            let list = try await Subscriptions(redis: fixture.redis).list()
            #expect(list.map(\.application) == ["broken", "good", "none", "odd"])
            #expect(list.map(\.subscriptions.count) == [0, 1, 0, 3])
        }
    }

    @Test("Subscriptions are listed, replaced and removed")
    func subscriptions() async throws {
        try await withFixture { fixture in
            let all = Subscriptions(redis: fixture.redis)
            let application = try Application("My App")
            let one = Subscription(
                key: "1", queueName: application.queue("Fast Ones"), matcher: Matcher(["x": .present]))
            let two = Subscription(key: "2", queueName: application.queue(), matcher: Matcher(eventType: "y"))
            try await all.subscribe(application, to: [one, two])
            #expect(one.queueName == "my_app_fast_ones")
            #expect(try await all.list().map(\.application) == ["my_app"])
            #expect(try await Set(all.list()[0].subscriptions) == [one, two])
            #expect(try await all.remove("1", from: application))
            #expect(try await !all.remove("1", from: application))
            #expect(try await all.list()[0].subscriptions == [two])
            try await all.unsubscribe(application)
            #expect(try await all.list().isEmpty)
            #expect(throws: QueueBusError.self) { try Application("--") }
        }
    }
}
