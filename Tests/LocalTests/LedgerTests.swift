import Mail
import NIOCore
import Pipes
import Testing

@testable import Local

@Suite("Who holds which mail")
struct LedgerTests {
    private static func mail(_ text: String = "x") -> OwnedMail {
        OwnedMail(MailLine(EmailID(), ByteBuffer(string: text)), since: .now())
    }

    @Test("A dead worker's mails go before all others, in the order they came")
    func giveBack() throws {
        var ledger = Ledger()
        let mails = (0..<5).map { _ in Self.mail() }
        for mail in mails { ledger.take(mail) }
        for worker in [1, 2, 1] { _ = ledger.hand(to: worker) }
        #expect(ledger.inHand(of: 1) == 2)
        #expect(ledger.giveBack(of: 1) == 2)
        #expect(ledger.giveBack(of: 1) == 0)
        #expect((0..<4).compactMap { _ in ledger.hand(to: 3)?.id } == [0, 2, 3, 4].map { mails[$0].id })
        #expect(ledger.count == 5)
        #expect(ledger.inHand(of: 2) == 1)
    }

    @Test("A mail is settled once, by who holds it")
    func settle() throws {
        var ledger = Ledger()
        let mail = Self.mail("12345")
        ledger.take(mail)
        #expect(ledger.bytes == 5)
        #expect(ledger.settle(mail.id, by: 1) == nil)
        _ = ledger.hand(to: 1)
        #expect(ledger.settle(mail.id, by: 2) == nil)
        #expect(ledger.settle(mail.id, by: 1) != nil)
        #expect(ledger.settle(mail.id, by: 1) == nil)
        #expect(ledger.isEmpty)
        #expect(ledger.bytes == 0)
    }

    @Test("A mail that rests keeps no hand busy, and counts its failures")
    func rest() throws {
        var ledger = Ledger()
        let mail = Self.mail()
        ledger.take(mail)
        for failure in 1...3 {
            _ = ledger.hand(to: 1)
            #expect(ledger.rest(mail.id, by: 1)?.failures == failure)
            #expect(ledger.inHand(of: 1) == 0)
            #expect(ledger.waitingCount == 0)
            let soon = NIODeadline.now() + .seconds(5)
            ledger.restUntil(soon, mail.id)
            #expect(!ledger.hasWork(before: soon))
            #expect(ledger.hasWork(before: soon + .seconds(1)))
            ledger.wake(mail.id)
            #expect(ledger.hasWork(before: .now()))
        }
        #expect(ledger.count == 1)
        _ = ledger.hand(to: 1)
        _ = ledger.rest(mail.id, by: 1)
        ledger.drop(mail.id)
        #expect(ledger.isEmpty)
    }
}
