import BgdemoFireAndForget
import BgdemoForeground
import BgdemoEmail
import BgdemoCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct StrategyTests {
    private let sender = ManualSender()
    private let log = LogRecorder()
    private var failure: SMTPFailure { SMTPFailure(.rcpt, code: 550, "550 no such user") }

    @Test("Foreground answers with the mail server's reply and logs as the talk did")
    func foreground() async throws {
        let email = try email()
        let foreground = Foreground(sender: sender, tracker: DeliveryTracker(logger: log.logger))
        async let result = foreground.accept(email)
        #expect(await sender.next() == email)
        sender.finishFirst(.sent(reply: "250 taken"))
        #expect(try await result == AcceptResult("sent", details: [.init("reply", "250 taken")]))
        let line = try #require(log.lines.first { $0.contains("Sent an email to you@example.org in ") })
        #expect(line.contains(" ms id=\(email.id) reply=250 taken"))
    }

    @Test("Foreground says what the server did not take", arguments: ["temporary", "permanent", "unknown"])
    func refused(word: String) async throws {
        let email = try email()
        let outcome: SendOutcome =
            word == "temporary" ? .temporary(failure) : word == "permanent" ? .permanent(failure) : .unknown(failure)
        let tracker = DeliveryTracker(logger: log.logger)
        let sender = sender
        let answer = Task { () -> AcceptError? in
            do throws(AcceptError) {
                _ = try await Foreground(sender: sender, tracker: tracker).accept(email)
                return nil
            } catch { return error }
        }
        _ = await sender.next()
        sender.finishFirst(outcome)
        #expect(await answer.value == .failed(outcome))
        #expect(log.lines.contains { $0.contains("550 no such user") && $0.contains("\(email.id)") })
        #expect(tracker.inFlight == 0)
    }

    @Test("Fire-and-forget answers at once that it knows nothing, and logs what comes of it")
    func fireAndForget() throws {
        let email = try email()
        let tracker = DeliveryTracker(logger: log.logger)
        let result = try FireAndForget(sender: sender, tracker: tracker).accept(email)
        #expect(result.state == "unknown")
        #expect(result.note != nil)
        #expect(sender.emails == [email])
        #expect(tracker.inFlight == 1)
        sender.finishFirst(.permanent(failure))
        #expect(log.lines.contains { $0.hasPrefix("error Failed to send an email to you@example.org") })
        #expect(tracker.inFlight == 0)
    }

    @Test("Past the limit of mails under way there is a refusal, and room again when one has ended")
    func limit() throws {
        let strategy = FireAndForget(sender: sender, tracker: DeliveryTracker(logger: log.logger, limit: 2))
        _ = try strategy.accept(email("1"))
        _ = try strategy.accept(email("2"))
        let third = try email("3")
        #expect(throws: AcceptError.self) { try strategy.accept(third) }
        sender.finishFirst(.sent(reply: "250"))
        _ = try strategy.accept(third)
        #expect(sender.emails.map(\.text) == ["2", "3"])
    }

    @Test("A process that only works has room for all mails that it may have in hand, of any size")
    func roomOfWorker() throws {
        let mail = try email(String(repeating: "x", count: Email.maximumTextBytes))
        let work = WorkSettings(concurrency: 200, backlog: 10)
        let worker = DeliveryTracker(logger: log.logger, work: work, role: .worker)
        for _ in 0..<200 { _ = try worker.begin(mail) }
        let all = DeliveryTracker(logger: log.logger, work: work, role: .all)
        for _ in 0..<10 { _ = try all.begin(mail) }
        #expect(throws: AcceptError.self) { try all.begin(mail) }
    }

    @Test("Mails in flight are bounded in bytes as well")
    func byteLimit() throws {
        let tracker = DeliveryTracker(logger: log.logger, byteLimit: 3000)
        let strategy = FireAndForget(sender: sender, tracker: tracker)
        let large = try email(String(repeating: "x", count: 1000))
        _ = try strategy.accept(large)
        let another = try email(String(repeating: "x", count: 1001))
        let error = #expect(throws: AcceptError.self) { try strategy.accept(another) }
        #expect(error == .full("mails of 3000 bytes are under way, which is the limit here", retryAfter: .seconds(1)))
        _ = try strategy.accept(email("small"))
        sender.finishFirst(.sent(reply: "250"))
        _ = try strategy.accept(large)
        #expect(sender.emails.count == 2)
    }

    @Test("Foreground answers at its limit that the outcome is unknown, and the mail goes on")
    func answerWithin() async throws {
        let tracker = DeliveryTracker(logger: log.logger)
        let foreground = Foreground(sender: sender, tracker: tracker, answerWithin: .milliseconds(50))
        let email = try email()
        let error = await #expect(throws: AcceptError.self) { try await foreground.accept(email) }
        #expect(
            error
                == .undecided(
                    "the mail server has not answered within 50 ms; the log will have the outcome under the id"))
        #expect(tracker.inFlight == 1)
        sender.finishFirst(.sent(reply: "250 late"))
        await tracker.waitUntilIdle()
        #expect(log.lines.contains { $0.contains("Sent an email") && $0.contains("\(email.id)") })
    }

    @Test("Of many requests each is answered by its own outcome or its own deadline")
    func manyDeadlines() async throws {
        let timer = AnswerTimer(limit: .milliseconds(50))
        let outcomes = await withTaskGroup(of: (Int, SendOutcome?).self) { group in
            for number in 0..<200 {
                group.addTask {
                    let outcome = await timer.outcome { report in
                        if number % 2 == 0 { report(.sent(reply: "\(number)")) }
                    }
                    return (number, outcome)
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
        }
        for number in 0..<200 { #expect(outcomes[number] == .some(number % 2 == 0 ? .sent(reply: "\(number)") : nil)) }
    }

    @Test("Landed returns when nothing is under way, at once where nothing is")
    func waitUntilIdle() async throws {
        let tracker = DeliveryTracker(logger: log.logger)
        await tracker.waitUntilIdle()
        let attempts = [try tracker.begin(email()), try tracker.begin(email())]
        async let idle: Void = tracker.waitUntilIdle()
        for attempt in attempts { attempt.finish(.sent(reply: "250")) }
        await idle
        #expect(tracker.inFlight == 0)
    }

    @Test("A strategy refuses to keep a mail for later where it is not said how")
    func delay() async throws {
        let strategy = FireAndForget(sender: sender, tracker: DeliveryTracker(logger: log.logger))
        let email = try email()
        await #expect(throws: AcceptError.self) { try await strategy.accept(email, after: .seconds(1)) }
        #expect(sender.emails.isEmpty)
    }
}
