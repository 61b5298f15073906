import BgdemoEmail
import NIOCore
import BgdemoPipes
import Testing

@testable import BgdemoLocal

@Suite("Who holds which mail")
struct InFlightTableTests {
    private static func mail(_ text: String = "x") -> OwnedMail {
        OwnedMail(MailLine(EmailID(), ByteBuffer(string: text)), since: .now())
    }

    @Test("A dead worker's mails go before all others, in the order they came")
    func giveBack() throws {
        var inFlight = InFlightTable()
        let mails = (0..<5).map { _ in Self.mail() }
        for mail in mails { inFlight.take(mail) }
        for worker in [1, 2, 1] { _ = inFlight.hand(to: worker) }
        #expect(inFlight.inHand(of: 1) == 2)
        #expect(inFlight.giveBack(of: 1) == 2)
        #expect(inFlight.giveBack(of: 1) == 0)
        #expect((0..<4).compactMap { _ in inFlight.hand(to: 3)?.id } == [0, 2, 3, 4].map { mails[$0].id })
        #expect(inFlight.count == 5)
        #expect(inFlight.inHand(of: 2) == 1)
    }

    @Test("A mail is settled once, by who holds it")
    func settle() throws {
        var inFlight = InFlightTable()
        let mail = Self.mail("12345")
        inFlight.take(mail)
        #expect(inFlight.bytes == 5)
        #expect(inFlight.settle(mail.id, by: 1) == nil)
        _ = inFlight.hand(to: 1)
        #expect(inFlight.settle(mail.id, by: 2) == nil)
        #expect(inFlight.settle(mail.id, by: 1) != nil)
        #expect(inFlight.settle(mail.id, by: 1) == nil)
        #expect(inFlight.isEmpty)
        #expect(inFlight.bytes == 0)
    }

    @Test("A mail that rests keeps no hand busy, and counts its failures")
    func rest() throws {
        var inFlight = InFlightTable()
        let mail = Self.mail()
        inFlight.take(mail)
        for failure in 1...3 {
            _ = inFlight.hand(to: 1)
            #expect(inFlight.rest(mail.id, by: 1)?.failures == failure)
            #expect(inFlight.inHand(of: 1) == 0)
            #expect(inFlight.waitingCount == 0)
            let soon = NIODeadline.now() + .seconds(5)
            inFlight.restUntil(soon, mail.id)
            #expect(!inFlight.hasWork(before: soon))
            #expect(inFlight.hasWork(before: soon + .seconds(1)))
            inFlight.wake(mail.id)
            #expect(inFlight.hasWork(before: .now()))
        }
        #expect(inFlight.count == 1)
        _ = inFlight.hand(to: 1)
        _ = inFlight.rest(mail.id, by: 1)
        inFlight.drop(mail.id)
        #expect(inFlight.isEmpty)
    }
}
