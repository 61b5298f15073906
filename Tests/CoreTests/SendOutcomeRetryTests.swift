import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import Testing

@Suite("When a mail is tried again")
struct SendOutcomeRetryTests {
    private let retry = RetryPolicy(attempts: 3, base: .seconds(1), cap: .seconds(60))

    /// The wait after the last of so many attempts that ended like this.
    private func delay(_ outcome: SendOutcome, _ attempts: Int, _ retry: RetryPolicy? = nil) -> Duration? {
        var counter = AttemptCounter()
        return (1...attempts).map { _ in next(&counter, outcome, retry ?? self.retry) }.last ?? nil
    }

    private func next(_ counter: inout AttemptCounter, _ outcome: SendOutcome, _ retry: RetryPolicy) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        return counter.delay(after: outcome, retry, using: &generator)
    }

    @Test("A mail's failure is retried up to the attempts, and not at all if it is permanent")
    func mail() {
        let later = SendOutcome.temporary(SMTPFailure(.rcpt, code: 450, "450 later"))
        #expect(delay(later, 1) != nil && delay(later, 2) != nil && delay(later, 3) == nil)
        #expect(delay(.permanent(SMTPFailure(.rcpt, code: 550, "550 no")), 1) == nil)
        #expect(delay(.unknown(SMTPFailure(.dot, "cut")), 3) == nil)
    }

    @Test("A session's failure uses up no attempt and waits the longest delay")
    func session() throws {
        for failure in [
            SMTPFailure(.auth, code: 535, "535 wrong password"), SMTPFailure(.banner, code: 554, "554 go away"),
            SMTPFailure(.mail, code: 530, "530 log in"), SMTPFailure(.starttls, "certificate"),
            SMTPFailure(.connect, "refused"), SMTPFailure(.rcpt, code: 421, "421 closing"),
        ] {
            for attempts in [3, 4, 1_000] {
                let wait = try #require(delay(.temporary(failure), attempts))
                #expect((.seconds(1)...(.seconds(2))).contains(wait))
            }
        }
        let once = RetryPolicy(attempts: 1)
        #expect(delay(.temporary(SMTPFailure(.queue, "100000 mails wait, which is the limit")), 1_000) != nil)
        #expect(delay(.temporary(SMTPFailure(.connect, "refused")), 1, once) == nil)
    }

    @Test("after any number of refused sessions the mail has all attempts that it had")
    func attemptsAreKept() {
        let later = SendOutcome.temporary(SMTPFailure(.rcpt, code: 450, "450 later"))
        let refused = SendOutcome.temporary(SMTPFailure(.auth, code: 535, "535 wrong password"))
        var counter = AttemptCounter()
        for _ in 0..<100 { #expect(next(&counter, refused, retry) != nil) }
        #expect(next(&counter, later, retry) != nil)
        for _ in 0..<100 { #expect(next(&counter, refused, retry) != nil) }
        #expect(next(&counter, later, retry) != nil)
        #expect(next(&counter, later, retry) == nil)
    }
}
