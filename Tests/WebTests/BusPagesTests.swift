import BgdemoTestSupport
import QueueBus
import RedisClient
import Resque
import Testing

@testable import BgdemoWeb

@Suite(.timeLimit(.minutes(1))) struct BusPagesTests {
    static func fill(_ web: RedisPages) async throws {
        let billing = try Application("billing")
        try await web.subscriptions.add(
            Subscription(
                key: "new_pros", queueName: billing.queue(),
                matcher: Matcher(["bus_event_type": .value("user_created"), "plan": .value("pro")])), to: billing)
        try await web.subscriptions.add(
            Subscription(
                key: "odd", queueName: billing.queue("odd"), matcher: Matcher(["bus_event_type": .value("(")])),
            to: billing)
        try await Publisher(web.queue).publish("user_created", try BusEvent(json: #"{"plan":"pro"}"#.utf8))
        try await Publisher(web.queue).publish("order_paid")
    }

    @Test("Who is subscribed to what, what waits, and who gets it")
    func overview() async throws {
        try await RedisPages.with { web in
            let empty = try await web.get("/bus").text
            #expect(empty.contains("Nobody is subscribed") && empty.contains("No event waits for a driver"))
            try await Self.fill(web)
            let page = try await web.get("/bus").text
            for text in [
                "new_pros", "billing_default", "bus_event_type=user_created plan=pro", "broken:", "order_paid",
                "unheard: nobody matches", "<bdi>billing new_pros</bdi>",
            ] { #expect(page.contains(text), "\(text)") }
            let json = try await web.get("/bus.json").text
            #expect(json.contains(#""incoming":2"#) && json.contains(#""subscriptions":2"#))
            #expect(try await web.get("/bus/other").status == 404)
        }
    }

    @Test("Who would get an event")
    func asked() async throws {
        try await RedisPages.with { web in
            try await Self.fill(web)
            func answer(_ event: String) async throws -> String {
                try await web.get("/bus?event=\(PageFields.encode(event))").text
            }
            let heard = try await answer(#"{"bus_event_type":"user_created","plan":"pro"}"#)
            #expect(heard.contains("billing new_pros</bdi> gets it in"))
            #expect(try await answer(#"{"bus_event_type":"other"}"#).contains("Unheard: no subscription matches it."))
            #expect(try await answer("no JSON").contains("the event is not a JSON object"))
        }
    }

    @Test("Hostile texts are shown as texts, and expressions take no more than their time")
    func hostile() async throws {
        try await RedisPages.with { web in
            for (number, text) in Hostile.texts.enumerated() {
                let application = try Application("app\(number)")
                try await web.subscriptions.add(
                    Subscription(
                        key: text, queueName: text, className: text,
                        matcher: Matcher(["bus_event_type": .value(text), text: .value("(a*)*b")])), to: application)
                try await Publisher(web.queue).publish(
                    text, try BusEvent([text: String(repeating: "a", count: 5_000)]))
            }
            let began = ContinuousClock.now
            let page = try await web.get("/bus?event=\(PageFields.encode(Hostile.texts[0]))")
            #expect(page.status == 200 && ContinuousClock.now - began < .seconds(20))
            for markup in ["<script>document", "<img src=x", "</main></script>", "\u{202e}", "\u{0}"] {
                #expect(!page.text.contains(markup), "\(markup)")
            }
            #expect(try await web.get("/bus.json").status == 200)
        }
    }
}
