@testable import HTTP
import Mail
import Strategy
import Testing

@Suite struct IdempotencyTests {
    private func keyed(_ target: String, _ key: String) -> Request { .get(target) { $0.idempotencyKey = key } }

    @Test("The same key has the first answer, by GET and by POST, and no second mail")
    func repeated() async {
        let clerk = Clerk()
        let route = MailRoute(clerk)
        let first = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        let again = await route.respond(to: keyed("/a%40b.example/s/t", "k"))
        let posted = await route.respond(
            to: .post(#"{"to":"a@b.example","subject":"s","text":"t"}"#) { $0.idempotencyKey = "k" })
        #expect(first.status == .ok)
        #expect(again == first)
        #expect(posted == first)
        #expect(clerk.accepted.count == 1)
    }

    @Test(
        "Another mail under the same key is 409",
        arguments: ["/c@b.example/s/t", "/a@b.example/S/t", "/a@b.example/s/T"])
    func conflict(target: String) async {
        let clerk = Clerk()
        let route = MailRoute(clerk)
        _ = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(await route.respond(to: keyed(target, "k")).status == .conflict)
        #expect(clerk.accepted.count == 1)
    }

    @Test("Who comes while the first is under way waits for its answer", .timeLimit(.minutes(1)))
    func underWay() async {
        let gate = Gate()
        let clerk = Clerk(gate: gate)
        let route = MailRoute(clerk)
        async let first = route.respond(to: keyed("/a@b.example/s/t", "k"))
        await gate.arrival()
        async let second = route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(await route.respond(to: keyed("/a@b.example/s/other", "k")).status == .conflict)
        await gate.open()
        #expect(await first == second)
        #expect(clerk.accepted.count == 1)
    }

    @Test("A mail that nobody took may be tried again under its key; one that failed has failed")
    func failures() async {
        let clerk = Clerk()
        let route = MailRoute(clerk)
        clerk.refuse(.unavailable("away", retryAfter: .seconds(1)))
        #expect(await route.respond(to: keyed("/a@b.example/s/t", "k")).status == .serviceUnavailable)
        clerk.refuse(.failed(.permanent(SMTPFailure(.rcpt, code: 550, "no"))))
        let failed = await route.respond(to: keyed("/a@b.example/s/t", "k"))
        #expect(failed.status == .internalServerError)
        clerk.refuse(nil)
        #expect(await route.respond(to: keyed("/a@b.example/s/t", "k")) == failed)
    }

    @Test(
        "A key is 1 to 256 printable characters",
        arguments: [
            ("", 400), (String(repeating: "k", count: 256), 200), (String(repeating: "k", count: 257), 400), ("ü", 400),
        ])
    func key(key: String, status: Int) async {
        #expect(await MailRoute(Clerk()).respond(to: keyed("/a@b.example/s/t", key)).status.code == status)
    }

    @Test("Past its limit and its lifetime a key is forgotten")
    func forgotten() async throws {
        let clerk = Clerk()
        let few = Idempotency(limit: 2)
        let short = Idempotency(lifetime: .zero)
        let order = try Order(.get("/a@b.example/s/t"))
        let deliver = { (order: Order) async -> Answer in
            let receipt = try? await clerk.accept(order.email)
            return Answer(order.email.id, .accepted(receipt ?? Receipt("none")))
        }
        for key in ["1", "2", "3", "4", "4", "3"] { _ = try await few.once(key, order, deliver: deliver) }
        #expect(clerk.accepted.count == 4)
        _ = try await few.once("1", order, deliver: deliver)
        #expect(clerk.accepted.count == 5)
        _ = try await short.once("1", order, deliver: deliver)
        _ = try await short.once("1", order, deliver: deliver)
        #expect(clerk.accepted.count == 7)
    }
}
