package import BgdemoCore
import BgdemoEmail
package import Resque

extension Jobs {
    /// The job `sendEmail` as it was in 2016: a mail that is not sent goes to `failed`, and is not tried again.
    ///
    ///     sendEmail: { perform: function(data, callback){ transporter.sendMail(data, callback) } }
    package mutating func registerOriginalMail(_ delivery: Delivery) {
        register("sendEmail", plugins: []) { job in
            let mail = try job.arguments.decode(OriginalMailJob.self)
            return try await delivery.attempt(mail.email(of: job), number: 1)
        }
    }
}

extension WorkerOptions {
    /// The worker of 2016 removes workers that have died, and moves their jobs to `failed`.
    package mutating func useOriginalSemantics() { onDeadWorker = .fail }
}

/// The argument of a job. The id is not of 2016: it makes a mail recognizable that the safe web server has enqueued.
private struct OriginalMailJob: Decodable {
    let to, subject, text: String
    let id: String?

    func email(of job: Job) throws(InvalidEmail) -> Email {
        let id = id.flatMap { EmailID($0) } ?? EmailID(digesting: job.identity.utf8)
        return try Email(id: id, to: to, subject: subject, text: text)
    }
}
