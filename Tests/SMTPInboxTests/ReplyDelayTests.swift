import BgdemoFoundations
import Testing

@testable import BgdemoSMTPInbox

@Suite("Delayed answers", .timeLimit(.minutes(1)))
struct ReplyDelayTests {
    @Test("A delayed reply does not delay storing and keeps its order")
    func delay() async throws {
        try await withInbox({ $0.delay = .fixed(.milliseconds(50)) }) { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            let began = ContinuousClock.now
            try await client.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
            #expect(try await client.replies(3).last?.hasPrefix("354") == true)
            try await client.send(".\r\nNOOP x\r\nMAIL FROM:<>\r\n")
            #expect(try await client.replies(3).map { $0.prefix(9) } == ["250 2.0.0", "250 2.0.0", "250 2.1.0"])
            #expect(ContinuousClock.now - began >= .milliseconds(50))
        }
        try await withInbox { inbox in
            var arrivals = inbox.arrivals().makeAsyncIterator()
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            try await client.send("MAIL FROM:<>\r\nRCPT TO:<slow-1h@d.example>\r\nDATA\r\n")
            #expect(try await client.replies(3).last?.hasPrefix("354") == true)
            try await client.send(".\r\n")
            #expect(await arrivals.next()?.recipients == ["slow-1h@d.example"])
            await inbox.stop(grace: .zero)
            #expect(await client.hearsTheEnd())
        }
    }

    @Test("A stopping inbox sends the replies that are due, then 421")
    func stopping() async throws {
        try await withInbox({ $0.delay = .fixed(.milliseconds(50)) }) { inbox in
            var arrivals = inbox.arrivals().makeAsyncIterator()
            let (client, idler) = (try await RawSMTPClient(inbox.port), try await RawSMTPClient(inbox.port))
            try await client.greet()
            try await idler.greet()
            try await client.send("MAIL FROM:<>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
            #expect(try await client.replies(3).last?.hasPrefix("354") == true)
            try await client.send(".\r\n")
            #expect(await arrivals.next() != nil)
            await inbox.stop(grace: .seconds(10))
            #expect(try await client.replies(2).map { $0.prefix(3) } == ["250", "421"])
            #expect(try await idler.reply().hasPrefix("421"))
            #expect(await client.hearsTheEnd())
            #expect(await arrivals.next() == nil)
        }
    }

    @Test("The spellings of delays and faults")
    func spelling() {
        #expect(ReplyDelay("2s") == .fixed(.seconds(2)))
        #expect(ReplyDelay("0s") == ReplyDelay.none)
        #expect(ReplyDelay("100ms..2s") == .uniform(.milliseconds(100), .seconds(2)))
        #expect(ReplyDelay("exp:250ms") == .exponential(mean: .milliseconds(250)))
        #expect(ReplyDelay("normal:250ms,50ms") == .normal(mean: .milliseconds(250), deviation: .milliseconds(50)))
        for wrong in ["", "-1s", "2s..1s", "..", "1s..", "exp:", "exp:x", "normal:1s", "normal:1s,", "2 s", "s"] {
            #expect(ReplyDelay(wrong) == nil, "\(wrong)")
        }
        #expect(InboxFault("rcpt:550:0.1") == InboxFault(.rcpt, .reply(550), probability: 0.1))
        #expect(InboxFault("dot:drop:0.05") == InboxFault(.dot, .drop, probability: 0.05))
        #expect(InboxFault("stored:451") == InboxFault(.stored, .reply(451)))
        #expect(InboxFault("data:hang:1") == InboxFault(.data, .hang))
        for wrong in [
            "", "rcpt", "rcpt:", "rcpt:200", "rcpt:600", "rcpt:550:2", "rcpt:550:-1", "rcpt:550:nan", "quit:550",
            "rcpt:550:0.1:x",
        ] {
            #expect(InboxFault(wrong) == nil, "\(wrong)")
        }
    }

    @Test(
        "Random delays have the requested mean",
        arguments: [("100ms..300ms", 0.2), ("exp:200ms", 0.2), ("normal:200ms,20ms", 0.2), ("200ms", 0.2)])
    func means(_ spelled: String, _ mean: Double) throws {
        var settings = InboxSettings()
        settings.seed = 11
        settings.delay = try #require(ReplyDelay(spelled))
        let chaos = try FaultPlan(settings)
        let times = (0..<20_000).map { chaos.delay(key: UInt64($0)) / .seconds(1) }
        #expect(abs(times.reduce(0, +) / 20_000 - mean) < 0.01)
        #expect(times.allSatisfy { $0 >= 0 && $0 <= 20 * mean })
    }
}
