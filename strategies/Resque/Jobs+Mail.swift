import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import Metrics
import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Jobs {
    /// The jobs that send a mail, plain and of Rails. A mail that is not sent is tried again, later and later, where that may
    /// help.
    mutating func registerMail(_ mails: MailJobs, _ delivery: Delivery, retry: RetryPolicy) {
        let retry = Retry(
            attempts: retry.attempts, base: retry.base, cap: retry.cap, when: SendError.isWorthRetrying,
            isOutage: SendError.isOutage)
        let waited = Timer(label: "bgdemo_resque_wait_seconds")
        for name in mails.performed {
            register(name, plugins: [retry]) { job in
                let mail = try MailJob(job.arguments)
                let email = try mail.email(carrier: job.identity)
                if mail.id != nil, job.failures == 0 { waited.record(since: email.id.date) }
                return try await delivery.attempt(email, of: job)
            }
        }
        for name in mails.performedActiveJobs {
            register(activeJob: name, plugins: [retry]) { rails in
                let mail = try MailJob(rails.arguments)
                // Attempts by Rails and by Swift have one id.
                let email = try mail.email(carrier: rails.id.isEmpty ? rails.job.identity : rails.id)
                if let pushed = rails.job.pushed, rails.executions == 0 { waited.record(since: pushed) }
                return try await delivery.attempt(email, of: rails.job)
            }
        }
    }
}

extension Delivery {
    /// Tries once to send the mail of a job, as long as the job is the worker's.
    ///
    /// - Returns: What the worker logs of the job, as the one line of a mail that is sent.
    fileprivate func attempt(_ email: Email, of job: Job) async throws -> String {
        let began = ContinuousClock.now
        try await job.checkLease()
        try await attempt(email, number: job.failures + 1, logsOutcome: false, while: { job.isLeaseHeld })
        let milliseconds = (ContinuousClock.now - began).milliseconds
        return String(
            joining: "Sent an email to ", email.to.text, " in ", String(milliseconds), " ms, id ", email.id.description)
    }
}

extension EmailID {
    fileprivate var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

extension Timer {
    /// The talk's "how long does an item wait in the queue?", for mails that say when they were accepted.
    fileprivate func record(since date: Date) {
        let seconds = Date.now.timeIntervalSince(date)
        recordMilliseconds(Int64(max(0, min(seconds * 1000, 1e15))))
    }
}
