import FireAndForget
import Foreground
import Mail
import Strategy
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StrategyTests {
    private let hand = Hand()
    private let diary = Diary()
    private var failure: SMTPFailure { SMTPFailure(.rcpt, code: 550, "550 no such user") }

    @Test("Foreground answers when the server has, with its reply, and logs as the talk did")
    func foreground() async throws {
        let email = try email()
        let foreground = Foreground(sender: hand, journey: Journey(logger: diary.logger))
        async let receipt = foreground.accept(email)
        #expect(await hand.next() == email)
        hand.tellFirst(.sent(reply: "250 taken"))
        #expect(try await receipt == Receipt("sent", facts: [.init("reply", "250 taken")]))
        let line = try #require(diary.lines.first { $0.contains("Sent an email to you@example.org in ") })
        #expect(line.contains(" ms id=\(email.id) reply=250 taken"))
    }

    @Test("Foreground says what the server did not take", arguments: ["temporary", "permanent", "unknown"])
    func refused(word: String) async throws {
        let email = try email()
        let outcome: SendOutcome =
            word == "temporary" ? .temporary(failure) : word == "permanent" ? .permanent(failure) : .unknown(failure)
        let journey = Journey(logger: diary.logger)
        let hand = hand
        let answer = Task { () -> Refusal? in
            do throws(Refusal) {
                _ = try await Foreground(sender: hand, journey: journey).accept(email)
                return nil
            } catch { return error }
        }
        _ = await hand.next()
        hand.tellFirst(outcome)
        #expect(await answer.value == .failed(outcome))
        #expect(diary.lines.contains { $0.contains("550 no such user") && $0.contains("\(email.id)") })
        #expect(journey.inFlight == 0)
    }

    @Test("Fire-and-forget answers at once that it knows nothing, and logs what comes of it")
    func fireAndForget() async throws {
        let email = try email()
        let journey = Journey(logger: diary.logger)
        let receipt = try await FireAndForget(sender: hand, journey: journey).accept(email)
        #expect(receipt.state == "unknown")
        #expect(receipt.note != nil)
        #expect(hand.emails == [email])
        #expect(journey.inFlight == 1)
        hand.tellFirst(.permanent(failure))
        #expect(diary.lines.contains { $0.hasPrefix("error Failed to send an email to you@example.org") })
        #expect(journey.inFlight == 0)
    }

    @Test("Past the limit of mails under way there is a refusal, and room again when one has ended")
    func limit() async throws {
        let strategy = FireAndForget(sender: hand, journey: Journey(logger: diary.logger, limit: 2))
        _ = try await strategy.accept(email("1"))
        _ = try await strategy.accept(email("2"))
        let third = try email("3")
        await #expect(throws: Refusal.self) { try await strategy.accept(third) }
        hand.tellFirst(.sent(reply: "250"))
        _ = try await strategy.accept(third)
        #expect(hand.emails.map(\.text) == ["2", "3"])
    }

    @Test("Landed returns when nothing is under way, at once where nothing is")
    func landed() async throws {
        let journey = Journey(logger: diary.logger)
        await journey.landed()
        let trips = [try journey.depart(email()), try journey.depart(email())]
        async let landed: Void = journey.landed()
        for trip in trips { trip.ended(.sent(reply: "250")) }
        await landed
        #expect(journey.inFlight == 0)
    }

    @Test("A strategy refuses to keep a mail for later where it is not said how")
    func delay() async throws {
        let strategy = FireAndForget(sender: hand, journey: Journey(logger: diary.logger))
        let email = try email()
        await #expect(throws: Refusal.self) { try await strategy.accept(email, after: .seconds(1)) }
        #expect(hand.emails.isEmpty)
    }
}
