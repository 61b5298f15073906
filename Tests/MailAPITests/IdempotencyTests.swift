@testable import BgdemoHTTPServer
import BgdemoEmail
import BgdemoCore
import BgdemoNetSupport
@testable import BgdemoMailAPI
import Testing

@Suite struct IdempotencyTests {
    private func keyed(_ target: String, _ key: String) -> HTTPRequest { .get(target) { $0.idempotencyKey = key } }

    @Test("The same key has the first answer, by GET and by POST, and no second mail")
    func repeated() async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        let first = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        let again = await route.respond(to: keyed("/a%40b.example/s/t", "k"))
        let posted = await route.respond(
            to: .post(#"{"to":"a@b.example","subject":"s","text":"t"}"#) { $0.idempotencyKey = "k" })
        #expect(first.status == .ok)
        #expect(again == first)
        #expect(posted == first)
        #expect(strategy.accepted.count == 1)
    }

    @Test(
        "Another mail under the same key is 409",
        arguments: ["/c@b.example/s/t", "/a@b.example/S/t", "/a@b.example/s/T"])
    func conflict(target: String) async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        _ = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(await route.respond(to: keyed(target, "k")).status == .conflict)
        #expect(strategy.accepted.count == 1)
    }

    @Test("A repeated key waits for the answer of the first request", .timeLimit(.minutes(1)))
    func underWay() async {
        let gate = TestLatch()
        let strategy = RecordingStrategy(gate: gate)
        let route = MailRoute(strategy)
        async let first = route.respond(to: keyed("/a@b.example/s/t", "k"))
        await gate.arrival()
        async let second = route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(await route.respond(to: keyed("/a@b.example/s/other", "k")).status == .conflict)
        await gate.open()
        #expect(await first == second)
        #expect(strategy.accepted.count == 1)
    }

    @Test("A mail that was not accepted may be repeated under its key; a failed one stays failed")
    func failures() async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        strategy.refuse(.unavailable("away", retryAfter: .seconds(1)))
        #expect(await route.respond(to: keyed("/a@b.example/s/t", "k")).status == .serviceUnavailable)
        strategy.refuse(.failed(.permanent(SMTPFailure(.rcpt, code: 550, "no"))))
        let failed = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(failed.status == .internalServerError)
        strategy.refuse(nil)
        #expect(await route.respond(to: keyed("/a@b.example/s/t", "k")) == failed)
    }

    @Test(
        "A key is 1 to 256 printable characters",
        arguments: [
            ("", 400), (String(repeating: "k", count: 256), 200), (String(repeating: "k", count: 257), 400), ("ü", 400),
        ])
    func key(key: String, status: Int) async {
        #expect(await MailRoute(RecordingStrategy()).respond(to: keyed("/a@b.example/s/t", key)).status.code == status)
    }

    @Test("A key as long as it may be is one for each mail of a batch, and one that is longer for none")
    func batch() async {
        let mail = #"{"to":"a@b.example","subject":"s","text":"t"}"#
        let body = "[\(Array(repeating: mail, count: 12).joined(separator: ","))]"
        for (length, status, count) in [(256, 200, 12), (257, 400, 0)] {
            let strategy = RecordingStrategy()
            let route = MailRoute(strategy)
            for _ in 1...2 {
                let key = String(repeating: "k", count: length)
                #expect(await route.respond(to: .post(body) { $0.idempotencyKey = key }).status.code == status)
                #expect(strategy.accepted.count == count)
            }
        }
    }

    @Test("The keys of a batch are not those of other requests", arguments: ["k#0", "k 0", "k0", "k"])
    func batchKeys(key: String) async {
        let strategy = RecordingStrategy()
        let route = MailRoute(strategy)
        let body = #"[{"to":"a@b.example","subject":"s","text":"t"}]"#
        _ = await route.respond(to: .post(body) { $0.idempotencyKey = "k" })
        #expect(await route.respond(to: keyed("/a@b.example/s/other", key)).status == .ok)
        #expect(strategy.accepted.count == 2)
    }

    @Test("Past its limit and its lifetime a key is forgotten")
    func forgotten() async throws {
        let strategy = RecordingStrategy()
        let few = IdempotencyCache(limit: 2)
        let short = IdempotencyCache(lifetime: .zero)
        let order = try SendMailRequest(.get("/a@b.example/s/t"))
        let deliver = { (order: SendMailRequest) async -> SendMailResponse in
            let receipt = try? await strategy.accept(order.email)
            return SendMailResponse(order.email.id, .accepted(receipt ?? AcceptResult("none")))
        }
        for key in ["1", "2", "3", "4", "4", "3"] {
            _ = try await few.respond(to: IdempotencyKey(key), order, admit: {}, deliver: deliver)
        }
        #expect(strategy.accepted.count == 4)
        _ = try await few.respond(to: IdempotencyKey("1"), order, admit: {}, deliver: deliver)
        #expect(strategy.accepted.count == 5)
        _ = try await short.respond(to: IdempotencyKey("1"), order, admit: {}, deliver: deliver)
        _ = try await short.respond(to: IdempotencyKey("1"), order, admit: {}, deliver: deliver)
        #expect(strategy.accepted.count == 7)
    }

    @Test("At most 100 requests wait for the first one with their key; one more is 429", .timeLimit(.minutes(1)))
    func waitersOfOneKey() async {
        let gate = TestLatch()
        let strategy = RecordingStrategy(gate: gate)
        let route = MailRoute(strategy)
        let statuses = await withTaskGroup(of: HTTPResponse.self) { group in
            for _ in 0...200 {
                group.addTask { await route.respond(to: keyed("/a@b.example/s/t", "k")) }
            }
            var statuses: [Int: Int] = [:]
            for await response in group {
                statuses[response.status.code, default: 0] += 1
                // All that may not wait have their response: the others can have theirs.
                if statuses[429] == 100 { await gate.open() }
                if response.status.code == 429 { #expect(response.header("Retry-After") == "1") }
            }
            return statuses
        }
        #expect(statuses == [200: 101, 429: 100])
        #expect(strategy.accepted.count == 1)
    }

    @Test("Requests that wait are bounded over all keys; one more is 503", .timeLimit(.minutes(1)))
    func waitersOfAllKeys() async {
        let gate = TestLatch()
        let route = MailRoute(RecordingStrategy(gate: gate), waiterLimit: 10)
        let statuses = await withTaskGroup(of: Int.self) { group in
            for number in 0..<40 {
                group.addTask { await route.respond(to: keyed("/a@b.example/s/t", "\(number % 10)")).status.code }
            }
            var statuses: [Int: Int] = [:]
            for await status in group {
                statuses[status, default: 0] += 1
                if statuses[503] == 20 { await gate.open() }
            }
            return statuses
        }
        #expect(statuses == [200: 20, 503: 20])
    }

    @Test("A request that waits counts against the rate", .timeLimit(.minutes(1)))
    func rateOfWaiters() async {
        let gate = TestLatch()
        var access = AccessPolicy()
        access.rate = TokenBucket(perSecond: 0.001)
        let route = MailRoute(RecordingStrategy(gate: gate), access: access)
        async let first = route.respond(to: keyed("/a@b.example/s/t", "k"))
        await gate.arrival()
        #expect(await route.respond(to: keyed("/a@b.example/s/t", "k")).status == .tooManyRequests)
        await gate.open()
        #expect(await first.status == .ok)
    }
}
