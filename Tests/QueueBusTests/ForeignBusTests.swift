import BgdemoFoundations
import BgdemoTestSupport
import RedisClient
import Foundation
import Resque
import Testing

@testable import QueueBus

/// Jobs of other programs, and of programs that mean harm.
extension BusTests {
    @Test("The heartbeat of queue-bus publishes each minute that is due once, and missed minutes later")
    func heartbeat() async throws {
        try await withFixture { fixture in
            let heartbeat = #"{"class":"QueueBus::Worker","args":["{\"bus_class_proxy\":\"::QueueBus::Heartbeat\"}"]}"#
            let seen = Watched<[BusEvent]>([])
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            bus.ride(try Application("clock"), "tick", on: Matcher(eventType: "heartbeat_minutes")) { event in
                seen.change { $0.append(event) }
            }
            try await bus.subscribe()
            let riding = bus
            let now = BusClock.now / 60
            _ = try await fixture.redis.send("SET", "resque:bus:heartbeat:timestamp", now - 3)
            for _ in 0..<3 { _ = try await fixture.redis.send("RPUSH", "resque:queue:bus_incoming", heartbeat) }
            try await work(fixture, riding) { try await seen.wait { $0.count >= 3 } }
            let minutes = seen.value.compactMap { $0["epoch_minutes"].flatMap { Int($0) } }.sorted()
            #expect(minutes.starts(with: [now - 2, now - 1, now]) && Set(minutes).count == minutes.count)
            #expect(try await fixture.redis.send("GET", "resque:bus:heartbeat:timestamp").int == minutes.last)
            #expect(try await fixture.redis.send("EXISTS", "resque:failed").int == 0)
        }
    }

    @Test("While a Ruby program has the heartbeat's lock, no minute is published here")
    func heartbeatLock() async throws {
        try await withFixture { fixture in
            let heartbeat = Heartbeat(redis: fixture.redis, namespace: "resque")
            _ = try await fixture.redis.send("SET", "resque:bus:heartbeat:lock", BusClock.now + 60)
            #expect(try await heartbeat.publish() == 0)
            // The lock of a program that died.
            _ = try await fixture.redis.send("SET", "resque:bus:heartbeat:lock", BusClock.now - 1)
            #expect(try await heartbeat.publish() == 1)
            #expect(try await heartbeat.publish() <= 1)
            for timestamp in ["9223372036854775807", "-9223372036854775808", "x"] {
                _ = try await fixture.redis.send("SET", "resque:bus:heartbeat:timestamp", timestamp)
                _ = try await heartbeat.publish()
            }
        }
    }

    @Test("A minute has the attributes that Ruby's heartbeat gives it")
    func heartbeatAttributes() throws {
        let utc = try #require(TimeZoneRules(named: "UTC"))
        let event = Heartbeat.attributes(of: 29_857_612, utc)
        let json = #"""
            {"epoch_seconds":1791456720,"epoch_minutes":29857612,"epoch_hours":497626,"epoch_days":20734,"minute":52,\#
            "hour":10,"day":8,"month":10,"year":2026,"yday":281,"wday":4}
            """#
        #expect(String(decoding: event.json, as: UTF8.self) == json)
    }

    @Test("Jobs and riders of resque-bus, from before it was split, are performed")
    func legacy() async throws {
        try await withFixture { fixture in
            let seen = Watched<[String]>([])
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            bus.ride(try Application("a"), "k", on: Matcher(["x": .present])) { event in
                seen.change { $0.append("\(event.type ?? "") \(event["x"] ?? "")") }
            }
            try await bus.subscribe()
            let riding = bus
            for job in [
                #"{"class":"ResqueBus::Driver","args":[{"bus_event_type":"driven","x":"1"}]}"#,
                #"{"class":"::ResqueBus::Rider","args":[{"bus_rider_app_key":"a","bus_rider_sub_key":"k","bus_event_type":"ridden","x":2}]}"#,
                #"{"class":"ResqueBus::Publisher","args":["released",{"x":"3"}]}"#,
                #"{"class":"QueueBus::Worker","args":["{\"bus_class_proxy\":\"::ResqueBus::Rider\",\"bus_rider_app_key\":\"a\",\"bus_rider_sub_key\":\"k\",\"bus_event_type\":\"proxied\",\"x\":\"4\"}"]}"#,
                #"{"class":"::QueueBus::Heartbeat","args":[]}"#,
            ] { _ = try await fixture.redis.send("RPUSH", "resque:queue:bus_incoming", job) }
            try await work(fixture, riding) { try await seen.wait { $0.count == 4 } }
            #expect(seen.value.sorted() == ["driven 1", "proxied 4", "released 3", "ridden 2"])
            #expect(try await fixture.redis.send("EXISTS", "resque:failed").int == 0)
        }
    }

    @Test("A hostile subscription is listed as broken, and other applications get their events at once")
    func hostileSubscriptions() async throws {
        try await withFixture { fixture in
            let heard = Watched(0)
            var bus = Bus(redis: fixture.redis, logger: fixture.logger)
            bus.ride(try Application("good"), "k", on: Matcher(eventType: "happened")) { _ in heard.change { $0 += 1 } }
            try await bus.subscribe()
            let letters = String(
                String.UnicodeScalarView((0..<20_000).compactMap { Unicode.Scalar(0x4e00 + $0 as UInt32) }))
            let hostile = [
                "a" + String(repeating: "*", count: 60_000), ".*[\(letters)]Z",
                String(repeating: "(", count: 50_000), "(((a{99}){99}){99}){99}",
            ]
            _ = try await fixture.redis.send("SADD", "resque:bus_apps", "hostile")
            for (number, filter) in hostile.enumerated() {
                var json = JSONWriter()
                json.object {
                    $0.member("queue_name", "hostile_default")
                    $0.member("key", "\(number)")
                    $0.name("matcher")
                    $0.object { $0.member("text", filter) }
                }
                _ = try await fixture.redis.send("HSET", "resque:bus_app:hostile", "\(number)", json.bytes)
            }
            let riding = bus
            var event = BusEvent()
            event.set("text", String(repeating: "字", count: 300_000))
            let large = event
            let time = try await ContinuousClock().measure {
                try await work(fixture, riding) {
                    try await fixture.publisher.publish("happened", large)
                    try await heard.wait { $0 == 1 }
                }
            }
            #expect(time < .seconds(10), "\(time)")
            let list = try await Subscriptions(redis: fixture.redis).list()
            let broken = try #require(list.first { $0.application == "hostile" }).subscriptions
            #expect(broken.count == hostile.count)
            #expect(broken.allSatisfy { $0.matcher.invalidFilters.count == 1 })
        }
    }

    @Test("Attribute names with tens of thousands of combining marks take no longer than other text of their length")
    func combiningMarks() throws {
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 15_625)
        let json = #"{"\#(marks)":1,"\#(marks)b":"\#(marks)","bus_event_type":"\#(marks)","\#(marks)":2}"#
        let subscription =
            #"{"queue_name":"\#(marks)","key":"\#(marks)","class":"\#(marks)","matcher":{"\#(marks)":"2","\#(marks)b":"\#(marks)"}}"#
        let time = try ContinuousClock().measure {
            let event = try BusEvent(json: json.utf8)
            #expect(event.names.count == 3)
            let read = try #require(Subscription(json: Array(subscription.utf8)))
            #expect(read.matcher.matches(event))
            #expect(read == read)
            _ = Set([read, read])
            _ = "\(read.matcher)"
            _ = Fanout(of: Publisher.released(event)).copy(for: read, of: marks)
            _ = try? event.decode([String: String].self)
        }
        #expect(time < .seconds(2), "\(time)")
    }

    @Test("Many filters and many attributes take time in proportion to their number")
    func manyFilters() throws {
        let attributes = (0..<100_000).map { #""n\#($0)":"\#($0)""# }.joined(separator: ",")
        let filters = (0..<1000).map { #""n\#($0 * 100)":"\#($0 * 100)""# }.joined(separator: ",")
        let subscription = #"{"queue_name":"q","key":"k","matcher":{\#(filters)}}"#
        let time = try ContinuousClock().measure {
            let event = try BusEvent(json: "{\(attributes)}".utf8)
            let read = try #require(Subscription(json: Array(subscription.utf8)))
            #expect(read.matcher.matches(event))
        }
        #expect(time < .seconds(10), "\(time)")
        let tooMany = (0..<1001).map { #""n\#($0)":"1""# }.joined(separator: ",")
        let broken = try #require(
            Subscription(json: Array(#"{"queue_name":"q","key":"k","matcher":{\#(tooMany)}}"#.utf8)))
        #expect(broken.matcher.invalidFilters.first?.code == .tooLarge)
    }
}
