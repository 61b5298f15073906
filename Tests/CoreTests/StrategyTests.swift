import BgdemoFireAndForget
import BgdemoForeground
import BgdemoEmail
import BgdemoCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StrategyTests {
    private let hand = Hand()
    private let diary = Diary()
    private var failure: SMTPFailure { SMTPFailure(.rcpt, code: 550, "550 no such user") }

    @Test("Foreground answers when the server has, with its reply, and logs as the talk did")
    func foreground() async throws {
        let email = try email()
        let foreground = Foreground(sender: hand, tracker: DeliveryTracker(logger: diary.logger))
        async let result = foreground.accept(email)
        #expect(await hand.next() == email)
        hand.tellFirst(.sent(reply: "250 taken"))
        #expect(try await result == AcceptResult("sent", details: [.init("reply", "250 taken")]))
        let line = try #require(diary.lines.first { $0.contains("Sent an email to you@example.org in ") })
        #expect(line.contains(" ms id=\(email.id) reply=250 taken"))
    }

    @Test("Foreground says what the server did not take", arguments: ["temporary", "permanent", "unknown"])
    func refused(word: String) async throws {
        let email = try email()
        let outcome: SendOutcome =
            word == "temporary" ? .temporary(failure) : word == "permanent" ? .permanent(failure) : .unknown(failure)
        let tracker = DeliveryTracker(logger: diary.logger)
        let hand = hand
        let answer = Task { () -> AcceptError? in
            do throws(AcceptError) {
                _ = try await Foreground(sender: hand, tracker: tracker).accept(email)
                return nil
            } catch { return error }
        }
        _ = await hand.next()
        hand.tellFirst(outcome)
        #expect(await answer.value == .failed(outcome))
        #expect(diary.lines.contains { $0.contains("550 no such user") && $0.contains("\(email.id)") })
        #expect(tracker.inFlight == 0)
    }

    @Test("Fire-and-forget answers at once that it knows nothing, and logs what comes of it")
    func fireAndForget() async throws {
        let email = try email()
        let tracker = DeliveryTracker(logger: diary.logger)
        let result = try await FireAndForget(sender: hand, tracker: tracker).accept(email)
        #expect(result.state == "unknown")
        #expect(result.note != nil)
        #expect(hand.emails == [email])
        #expect(tracker.inFlight == 1)
        hand.tellFirst(.permanent(failure))
        #expect(diary.lines.contains { $0.hasPrefix("error Failed to send an email to you@example.org") })
        #expect(tracker.inFlight == 0)
    }

    @Test("Past the limit of mails under way there is a refusal, and room again when one has ended")
    func limit() async throws {
        let strategy = FireAndForget(sender: hand, tracker: DeliveryTracker(logger: diary.logger, limit: 2))
        _ = try await strategy.accept(email("1"))
        _ = try await strategy.accept(email("2"))
        let third = try email("3")
        await #expect(throws: AcceptError.self) { try await strategy.accept(third) }
        hand.tellFirst(.sent(reply: "250"))
        _ = try await strategy.accept(third)
        #expect(hand.emails.map(\.text) == ["2", "3"])
    }

    @Test("Landed returns when nothing is under way, at once where nothing is")
    func waitUntilIdle() async throws {
        let tracker = DeliveryTracker(logger: diary.logger)
        await tracker.waitUntilIdle()
        let attempts = [try tracker.begin(email()), try tracker.begin(email())]
        async let idle: Void = tracker.waitUntilIdle()
        for attempt in attempts { attempt.finish(.sent(reply: "250")) }
        await idle
        #expect(tracker.inFlight == 0)
    }

    @Test("A strategy refuses to keep a mail for later where it is not said how")
    func delay() async throws {
        let strategy = FireAndForget(sender: hand, tracker: DeliveryTracker(logger: diary.logger))
        let email = try email()
        await #expect(throws: AcceptError.self) { try await strategy.accept(email, after: .seconds(1)) }
        #expect(hand.emails.isEmpty)
    }
}
