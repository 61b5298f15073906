import BgdemoCore
import BgdemoEmail
import Testing

struct MailStatusMemoryTests {
    private let sent = MailStatus(.sent(reply: "250 taken"), attempts: 1, isRetried: false)

    @Test("The newest mails are kept, and at most twice as many")
    func limit() {
        let memory = MailStatusMemory(limit: 100)
        let ids = (0..<1050).map { _ in EmailID() }
        for (number, id) in ids.enumerated() {
            memory.record(accepted: "accepted", id)
            memory.record(sent, id)
            let kept = ids[...number]
            #expect(kept.suffix(100).allSatisfy { memory.status(of: $0) == sent })
            #expect(kept.dropLast(200).allSatisfy { memory.status(of: $0) == nil })
        }
    }

    @Test("An outcome replaces what was known before, and an acceptance nothing")
    func order() {
        let memory = MailStatusMemory(limit: 2)
        let (old, new) = (EmailID(), EmailID())
        memory.record(accepted: "queued", old)
        #expect(memory.status(of: old) == MailStatus(accepted: "queued"))
        memory.record(sent, old)
        memory.record(accepted: "queued", new)
        memory.record(accepted: "queued", old)
        #expect(memory.status(of: old) == sent && memory.status(of: EmailID()) == nil)
    }
}
