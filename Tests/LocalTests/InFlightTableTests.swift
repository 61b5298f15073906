import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import NIOCore
import BgdemoPipes
import Testing

@testable import BgdemoLocal

@Suite("The mails of the master")
struct InFlightTableTests {
    private static func mail(_ text: String = "x") -> OwnedMail {
        OwnedMail(MailLine(EmailID(), ByteBuffer(string: text)), since: .now())
    }

    @Test("The mails of a worker that died go before all others, in the order they came")
    func requeueAll() throws {
        var table = InFlightTable()
        let mails = (0..<5).map { _ in Self.mail() }
        for mail in mails { table.add(mail) }
        for worker in [1, 2, 1] { _ = table.assignNext(to: worker) }
        #expect(table.assignedCount(of: 1) == 2)
        #expect(table.requeueAll(of: 1) == 2)
        #expect(table.requeueAll(of: 1) == 0)
        #expect((0..<4).compactMap { _ in table.assignNext(to: 3)?.id } == [0, 2, 3, 4].map { mails[$0].id })
        #expect(table.count == 5)
        #expect(table.assignedCount(of: 2) == 1)
    }

    @Test("A mail is completed once, by the worker that it is assigned to")
    func complete() throws {
        var table = InFlightTable()
        let mail = Self.mail("12345")
        table.add(mail)
        #expect(table.bytes == 5)
        #expect(table.complete(mail.id, by: 1) == nil)
        _ = table.assignNext(to: 1)
        #expect(table.complete(mail.id, by: 2) == nil)
        #expect(table.complete(mail.id, by: 1) != nil)
        #expect(table.complete(mail.id, by: 1) == nil)
        #expect(table.isEmpty)
        #expect(table.bytes == 0)
    }

    @Test("A mail that comes again while it waits, is assigned or is retried is the same; after that it is a new one")
    func again() throws {
        var table = InFlightTable()
        let mail = Self.mail("12345")
        func add() -> Bool { table.add(mail) }
        #expect(add())
        #expect(!add())
        _ = table.assignNext(to: 1)
        #expect(!add())
        #expect(table.assignNext(to: 1) == nil)
        _ = table.fail(mail.id, by: 1)
        #expect(!add())
        table.requeue(mail.id)
        #expect(table.count == 1 && table.bytes == 5)
        _ = table.assignNext(to: 1)
        #expect(table.complete(mail.id, by: 1) != nil)
        #expect(table.isEmpty && table.bytes == 0)
        #expect(add())
        _ = table.assignNext(to: 1)
        _ = table.fail(mail.id, by: 1)
        table.drop(mail.id)
        #expect(table.isEmpty && table.bytes == 0)
        #expect(add())
    }

    @Test("A mail that waits for its next attempt is assigned to no worker, and counts its failures")
    func fail() throws {
        var table = InFlightTable()
        let mail = Self.mail()
        table.add(mail)
        for failure in 1...3 {
            _ = table.assignNext(to: 1)
            let failing = table.fail(mail.id, by: 1)
            var attempts = try #require(failing).attempts
            #expect(attempts.failures == failure - 1)
            var generator = SystemRandomNumberGenerator()
            let failed = SendOutcome.temporary(SMTPFailure(.rcpt, code: 450, "450 later"))
            _ = attempts.delay(after: failed, RetryPolicy(), using: &generator)
            #expect(table.assignedCount(of: 1) == 0)
            #expect(table.waitingCount == 0)
            let soon = NIODeadline.now() + .seconds(5)
            table.scheduleRetry(of: mail.id, attempts, at: soon)
            #expect(!table.hasWork(before: soon))
            #expect(table.hasWork(before: soon + .seconds(1)))
            table.requeue(mail.id)
            #expect(table.hasWork(before: .now()))
        }
        #expect(table.count == 1)
        _ = table.assignNext(to: 1)
        _ = table.fail(mail.id, by: 1)
        table.drop(mail.id)
        #expect(table.isEmpty)
    }
}
