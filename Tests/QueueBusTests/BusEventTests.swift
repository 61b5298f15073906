import Foundation
import Resque
import Testing

@testable import QueueBus

@Suite(.timeLimit(.minutes(1)))
struct BusEventTests {
    private func text(_ event: BusEvent) -> String { String(decoding: event.json, as: UTF8.self) }

    @Test(
        "Bytes that are not a JSON object are not an event",
        arguments: [
            "", "null", "1", "[]", #""{}""#, "{", "{}}", #"{"a":}"#, #"{"a":1,}"#, #"{"a":01}"#, "{a:1}",
            #"{"a":"\x"}"#, #"{"\ud800":1}"#,
        ])
    func invalid(json: String) {
        #expect(throws: QueueBusError.self) { try BusEvent(json: json.utf8) }
    }

    @Test("Attributes keep their bytes and order; of two with one name the later value counts, as in Ruby")
    func bytes() throws {
        let json = #"{"z":1.50,"a":"\u00e9\/","n":{"b":[1, 2]},"z":"again"}"#
        let event = try BusEvent(json: json.utf8)
        #expect(text(event) == #"{"z":"again","a":"\u00e9\/","n":{"b":[1, 2]}}"#)
        #expect(event["a"] == "é/")
        #expect(event["n"] == #"{"b":[1, 2]}"#)
        #expect(try BusEvent(json: #"{"a":1.50}"#.utf8)["a"] == "1.5")
        #expect(try BusEvent(json: #"{"a":-1E2}"#.utf8)["a"] == "-100.0")
        #expect(try BusEvent(json: #"{"a":12345678901234567890}"#.utf8)["a"] == "12345678901234567890")
    }

    @Test("The type may be missing, or another kind than text")
    func types() throws {
        #expect(try BusEvent(json: "{}".utf8).type == nil)
        #expect(try BusEvent(json: #"{"bus_event_type":null}"#.utf8).type == nil)
        #expect(try BusEvent(json: #"{"bus_event_type":7}"#.utf8).type == "7")
        #expect(try BusEvent(json: #"{"bus_event_type":["a"]}"#.utf8).type == #"["a"]"#)
    }

    @Test("Deep values and many attributes are passed on")
    func large() throws {
        let deep = String(repeating: "[", count: 200_000) + String(repeating: "]", count: 200_000)
        let event = try BusEvent(json: #"{"a":\#(deep)}"#.utf8)
        #expect(event["a"]?.utf8.count == 400_000)
        #expect(throws: (any Error).self) { try event.decode([String: Int].self) }
        func attributes(_ count: Int) -> String {
            (0..<count).map { #""attribute \#($0)":\#($0)"# }.joined(separator: ",")
        }
        let all = try BusEvent(json: "{\(attributes(200_000)),\(attributes(40_000))}".utf8)
        #expect(all.names.count == 200_000)
        let subscription = Subscription(key: "k", queueName: "q", matcher: Matcher(["attribute 199999": .present]))
        #expect(subscription.matcher.matches(all))
        let copy = Fanout(of: Publisher.released(all)).copy(for: subscription, of: "a")
        #expect(copy.bytes.count > 200_000 * 20)
        #expect(throws: QueueBusError.self) { try BusEvent(json: "{\(attributes(250_001))}".utf8) }
    }

    @Test("An event of queue-bus 0.13.3 is driven here as by queue-bus, except for the second of driving")
    func golden() throws {
        let published = #"""
            {"bus_published_at":1795649400,"bus_event_type":"email_requested",\#
            "bus_id":"1795649400-f9e0e60e-a20b-417c-a2a3-c08610e66903","bus_app_hostname":"vm","to":"ours@example.org",\#
            "subject":"it\"s","text":"x\ny","phone":"1","bus_class_proxy":"QueueBus::Driver"}
            """#
        let driven = #"""
            {"bus_driven_at":1795649401,"bus_rider_queue":"mailer_default","bus_rider_app_key":"mailer",\#
            "bus_rider_sub_key":"send","bus_rider_class_name":"::QueueBus::Rider","bus_published_at":1795649400,\#
            "bus_event_type":"email_requested","bus_id":"1795649400-f9e0e60e-a20b-417c-a2a3-c08610e66903",\#
            "bus_app_hostname":"vm","to":"ours@example.org","subject":"it\"s","text":"x\ny","phone":"1",\#
            "bus_class_proxy":"::QueueBus::Rider"}
            """#
        let json =
            #"{"queue_name":"mailer_default","key":"send","class":"::QueueBus::Rider","#
            + #""matcher":{"bus_event_type":"(?-mix:req)","phone":"bus_special_value_present"}}"#
        let subscription = try #require(Subscription(json: Array(json.utf8)))
        #expect(String(decoding: subscription.json, as: UTF8.self) == json)
        let event = try BusEvent(json: published.utf8)
        #expect(subscription.matcher.matches(event))
        let copy = Fanout(of: event).copy(for: subscription, of: "mailer")
        let inner = String(decoding: try copy.arguments.onlyString(), as: UTF8.self)
        let second = try #require(try BusEvent(json: inner.utf8)["bus_driven_at"])
        #expect(inner.replacing(second, with: "1795649401", maxReplacements: 1) == driven)
    }

    @Test(
        "A copy has Ruby's bytes: the attributes of the bus first, unless the event has its own, and the class in its place"
    )
    func copies() throws {
        let subscription = Subscription(
            key: "\"k\"", queueName: "a_q", className: "::C", matcher: Matcher(eventType: "x"))
        func copy(_ json: String) throws -> String {
            let job = Fanout(of: try BusEvent(json: json.utf8)).copy(for: subscription, of: "a")
            #expect(job.queue == "a_q" && job.className == "QueueBus::Worker")
            let inner = String(decoding: try job.arguments.onlyString(), as: UTF8.self)
            let text = #""bus_driven_at":"#
            let rest = inner.drop { $0 != ":" }.dropFirst().drop { $0.isNumber }
            return text + "…" + rest
        }
        let front =
            #""bus_rider_queue":"a_q","bus_rider_app_key":"a","bus_rider_sub_key":"\"k\"","bus_rider_class_name":"::C""#
        #expect(
            try copy(#"{"bus_id":"1","t":"é\"\\\n","bus_class_proxy":"QueueBus::Driver","z":[1]}"#)
                == #""bus_driven_at":…,\#(front),"bus_id":"1","t":"é\"\\\n","bus_class_proxy":"::C","z":[1]}"#)
        #expect(try copy("{}") == #""bus_driven_at":…,\#(front),"bus_class_proxy":"::C"}"#)
        #expect(
            try copy(#"{"a":1,"bus_rider_queue":"own","bus_class_proxy":"QueueBus::Driver"}"#)
                == #""bus_driven_at":…,\#(front.replacing("a_q", with: "own")),"a":1,"bus_class_proxy":"::C"}"#)
    }

    @Test("The id of an event is a unique UUID of version 4")
    func uuid() throws {
        let names = (0..<10_000).map { _ in BusClock.uuid }
        #expect(Set(names).count == names.count)
        let version4 = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        for name in names { #expect(try version4.wholeMatch(in: name) != nil) }
        // Every digit varies, but for the two that don't.
        for place in 0..<36 where ![8, 13, 14, 18, 23].contains(place) {
            #expect(Set(names.map { Array($0)[place] }).count == (place == 19 ? 4 : 16))
        }
    }
}
