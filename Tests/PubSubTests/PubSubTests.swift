import BgdemoFoundations
import Logging
import BgdemoEmail
import NIOCore
import NIOPosix
import RedisClient
import ServiceLifecycleTestKit
import BgdemoCore
import BgdemoTestSupport
import BgdemoOriginal2016
import Testing

@testable import BgdemoPubSub

@Suite("pubsub", .timeLimit(.minutes(1)))
struct PubSubTests {
    /// A strategy, and the end of its work.
    private struct PubSubFixture: Sendable {
        let strategy: any Strategy
        let redis: RedisConnection
        let stop: GracefulShutdownTestTrigger
        let work: Task<Void, any Error>

        func publish(_ message: String) async throws -> Int? {
            try await redis.send("PUBLISH", "emailz", message).int
        }
    }

    /// Runs `body` with a Redis and a process of both halves.
    private func withPubSub(
        _ sender: any EmailSender, _ semantics: Semantics = .safe,
        _ change: (inout Subscriber.Settings) -> Void = { _ in },
        _ body: @Sendable (PubSubFixture) async throws -> Void
    ) async throws {
        var settings = Subscriber.Settings()
        settings.retry = RetryPolicy(attempts: 3, base: .milliseconds(10), cap: .milliseconds(20))
        change(&settings)
        try await withRedisServer { server in
            let url = try RedisURL(server.url)
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            let redis = RedisConnection(url, on: loop, logger: silent)
            let tracker = DeliveryTracker(logger: silent)
            let strategy: any Strategy =
                switch semantics {
                case .safe:
                    PubSub(
                        redis: redis,
                        worker: Subscriber(
                            url, options: RedisOptions(), on: loop, sender: sender, tracker: tracker,
                            settings: settings, logger: silent), logger: silent)
                case .original:
                    OriginalPubSub(
                        redis: redis,
                        subscriber: OriginalSubscriber(
                            url, options: RedisOptions(), on: loop, sender: sender, tracker: tracker,
                            throttle: Throttle(.zero), logger: silent), logger: silent)
                }
            try await testGracefulShutdown { stop in
                let work = Task { try await strategy.work() }
                try await body(PubSubFixture(strategy: strategy, redis: redis, stop: stop, work: work))
                work.cancel()
                _ = await work.result
            }
        }
    }

    private func mail(_ number: Int = 0) throws -> Email {
        try Email(to: "a\(number)@b.example", subject: "s", text: "t")
    }

    @Test("An accepted mail is published, received and sent with its id")
    func arrival() async throws {
        let sender = FakeSender()
        try await withPubSub(sender) { fixture in
            let email = try mail()
            // At once after the start, and still not lost on the process' own worker.
            let result = try await fixture.strategy.accept(email)
            #expect(result == AcceptResult("published", details: [AcceptResult.Detail("subscribers", 1)]))
            #expect(try await sender.mails.wait { !$0.isEmpty } == [email])
            try await fixture.strategy.check()
        }
    }

    @Test("Without a subscriber the answer says that the mail is lost")
    func unheard() async throws {
        try await withRedisServer { server in
            let redis = RedisConnection(
                try RedisURL(server.url), on: MultiThreadedEventLoopGroup.singleton.any(), logger: silent)
            let strategy = PubSub(redis: redis, worker: nil, logger: silent)
            let result = try await strategy.accept(mail())
            #expect(result.details == [AcceptResult.Detail("subscribers", 0)])
            #expect(result.note?.contains("lost") == true)
            try await strategy.work()
        }
    }

    @Test("Without Redis the mail is refused; the original answers 200")
    func away() async throws {
        var options = RedisOptions()
        options.unavailableTimeout = .milliseconds(50)
        let redis = RedisConnection(
            try RedisURL("unix:///tmp/bgdemo-nobody.sock"), on: MultiThreadedEventLoopGroup.singleton.any(),
            options: options, logger: silent)
        let strategy = PubSub(redis: redis, worker: nil, logger: silent)
        let email = try mail()
        for call in [{ _ = try await strategy.accept(email) }, { try await strategy.check() }] {
            let error = await #expect(throws: AcceptError.self) { try await call() }
            guard case .unavailable? = error else {
                Issue.record("not unavailable but \(String(describing: error))")
                return
            }
        }
        let original = OriginalPubSub(redis: redis, subscriber: nil, logger: silent)
        #expect(try await original.accept(email) == AcceptResult("published"))
    }

    @Test("A foreign message is sent if it is a mail and refused if not")
    func foreign() async throws {
        let sender = FakeSender()
        try await withPubSub(sender) { fixture in
            _ = try await fixture.strategy.accept(mail())
            for message in ["", "garbage", "{\"to\":\"x\"}", String(repeating: "[", count: 100_000)] {
                #expect(try await fixture.publish(message) == 1)
            }
            #expect(try await fixture.publish(#"{"to":"node@b.example","subject":"s","text":"t"}"#) == 1)
            let mails = try await sender.mails.wait { $0.count == 2 }
            #expect(mails.last?.to.text == "node@b.example")
        }
    }

    @Test("A temporary failure is retried up to the limit, a permanent one is not")
    func retry() async throws {
        let failure = SMTPFailure(.rcpt, code: 450, "later")
        let sender = FakeSender { email, before in
            email.to.text == "a1@b.example" ? .permanent(failure) : .temporary(failure)
        }
        try await withPubSub(sender) { fixture in
            for number in [1, 2] { _ = try await fixture.strategy.accept(mail(number)) }
            try await sender.mails.wait { $0.count == 4 }
            fixture.stop.triggerGracefulShutdown()
            try await fixture.work.value
            #expect(sender.mails.value.count { $0.to.text == "a1@b.example" } == 1)
            #expect(sender.mails.value.count { $0.to.text == "a2@b.example" } == 3)
        }
    }

    @Test("Mails under way and in memory are bounded, and none is lost")
    func bounds() async throws {
        let sender = FakeSender { _, before in before < 3 ? nil : .sent(reply: "250") }
        try await withPubSub(sender) {
            $0.concurrency = 3
            $0.backlog = 10
        } _: { fixture in
            _ = try await fixture.strategy.accept(mail())
            let text = String(repeating: "x", count: 1000)
            let message = #"{"to":"a@b.example","subject":"s","text":"\#(text)"}"#
            _ = try await fixture.redis.pipeline((0..<4999).map { _ in ["PUBLISH", "emailz", message] })
            try await sender.mails.wait { $0.count == 3 }
            // Redis holds what the worker has not read.
            let held = try await fixture.redis.send("CLIENT", "LIST", "TYPE", "pubsub").text ?? ""
            #expect(!held.contains(" omem=0 "))
            #expect(sender.mails.value.count == 3)
            sender.settle(.sent(reply: "250"))
            try await sender.mails.wait { $0.count == 5000 }
        }
    }

    @Test("On a stop received mails are sent; the original loses them", arguments: [Semantics.safe, .original])
    func stop(semantics: Semantics) async throws {
        let sender = FakeSender { _, before in before == 0 ? nil : .sent(reply: "250") }
        try await withPubSub(sender, semantics) {
            $0.concurrency = 1
        } _: { fixture in
            for number in 0..<100 { _ = try await fixture.strategy.accept(mail(number)) }
            try await sender.mails.wait { $0.count == 1 }
            fixture.stop.triggerGracefulShutdown()
            if semantics == .original { try await fixture.work.value }
            sender.settle(.sent(reply: "250"))
            try await fixture.work.value
            #expect(sender.mails.value.count == (semantics == .safe ? 100 : 1))
        }
    }

    @Test("A send that hangs delays a stop by the grace at most")
    func hung() async throws {
        let sender = FakeSender { _, _ in nil }
        try await withPubSub(sender) {
            $0.grace = .milliseconds(100)
        } _: { fixture in
            _ = try await fixture.strategy.accept(mail())
            try await sender.mails.wait { $0.count == 1 }
            fixture.stop.triggerGracefulShutdown()
            try await fixture.work.value
        }
    }

    @Test("The original retries for ever and ends at a message that is not JSON")
    func talk() async throws {
        let sender = FakeSender { _, before in
            before < 20 ? .permanent(SMTPFailure(.rcpt, code: 550, "no")) : .sent(reply: "250")
        }
        try await withPubSub(sender, .original) { fixture in
            _ = try await fixture.strategy.accept(mail())
            try await sender.mails.wait { $0.count == 21 }
            #expect(try await fixture.publish("garbage") == 1)
            await #expect(throws: InvalidOriginalMessage.self) { try await fixture.work.value }
        }
    }
}
