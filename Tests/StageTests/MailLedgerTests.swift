import Testing

@testable import BgdemoStage

@Suite struct MailLedgerTests {
    private static let second = Int64(1_000_000_000)

    /// A ledger with so many accepted mails, asked for at time 1.
    private static func ledger(_ count: Int) -> MailLedger {
        var ledger = MailLedger()
        for _ in 0..<count {
            let number = ledger.ask(at: 1, isShown: true)
            ledger.answer(number, status: 200, at: 2)
        }
        return ledger
    }

    @Test("The score counts each mail once, by its id, and its copies apart")
    func score() {
        var ledger = Self.ledger(3)
        let refused = ledger.ask(at: 3, isShown: true)
        ledger.answer(refused, status: 503, at: 4)
        let early = ledger.ask(at: 5, isShown: true)
        ledger.arrive(early, at: 6)
        ledger.answer(early, status: 200, at: 7)
        ledger.arrive(0, at: 8)
        ledger.arrive(0, at: 9)
        let score = ledger.score
        #expect(score.asked == 5 && score.answered == 4 && score.refused == 1)
        #expect(score.delivered == 2 && score.twice == 1 && score.notYet == 2 && score.lost == 0)
        #expect(ledger.missing == [1, 2])
    }

    @Test("A mail is lost only when nothing was heard for 15 s in which nothing was broken")
    func lost() {
        var ledger = Self.ledger(2)
        ledger.arrive(1, at: Self.second)
        #expect(ledger.judge(at: 30 * Self.second, calmSince: nil).isEmpty)
        #expect(ledger.judge(at: 30 * Self.second, calmSince: 16 * Self.second).isEmpty)
        #expect(ledger.judge(at: 31 * Self.second, calmSince: 16 * Self.second) == [0])
        #expect(ledger.score.lost == 1 && ledger.score.notYet == 0)
        // It comes after all.
        ledger.arrive(0, at: 40 * Self.second)
        #expect(ledger.score.lost == 0 && ledger.score.delivered == 2)
    }

    @Test("A mail waits while older ones still come, and while a process has it in hand")
    func waits() {
        var ledger = Self.ledger(3)
        ledger.hold(2, by: 77, at: 3)
        ledger.arrive(0, at: 30 * Self.second)
        #expect(ledger.judge(at: 40 * Self.second, calmSince: 1).isEmpty)
        #expect(ledger.judge(at: 50 * Self.second, calmSince: 1) == [1])
        #expect(ledger.end(77) == [2])
        #expect(ledger.judge(at: 70 * Self.second, calmSince: 1) == [2])
    }

    @Test("A copy counts however late it comes, and what has arrived is forgotten")
    func memory() {
        var ledger = Self.ledger(1_000)
        for number in 0..<1_000 { ledger.arrive(number, at: Self.second) }
        #expect(ledger.mails.count == 1_000)
        _ = ledger.judge(at: 60 * Self.second, calmSince: 1)
        #expect(ledger.mails.isEmpty)
        ledger.arrive(7, at: 61 * Self.second)
        #expect(ledger.score.twice == 1 && ledger.score.delivered == 1_000)
        // No mail has this number.
        ledger.arrive(5_000, at: 62 * Self.second)
        #expect(ledger.score.twice == 1)
    }
}
