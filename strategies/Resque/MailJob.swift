#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoEmail
public import BgdemoFoundations
import Metrics
public import Resque
public import BgdemoCore

/// A mail as the argument of a job: `{"to":…,"subject":…,"text":…,"id":…}`. More keys may follow; `id` may be missing.
struct MailJob: Decodable, Sendable {
    static let name = "sendEmail"
    static let queue = "emailQueue"

    let to: String
    let subject: String
    let text: String
    let id: String?

    /// The argument of a job.
    ///
    /// - Throws: What is wrong with one that is no mail.
    init(_ job: Job) throws(InvalidJobArguments) {
        if let fields = try? Self.fields(of: job.arguments), let to = fields.to, let subject = fields.subject,
            let text = fields.text
        {
            (self.to, self.subject, self.text, id) = (to, subject, text, fields.id)
        } else {
            // Slower, and says what is wrong.
            self = try job.arguments.decode(MailJob.self)
        }
    }

    /// The members of the only argument that are strings.
    private static func fields(
        of arguments: JobArguments
    ) throws(JSONError) -> (to: String?, subject: String?, text: String?, id: String?) {
        var fields: (to: String?, subject: String?, text: String?, id: String?)
        var array = JSONReader(arguments.json)
        try array.beginArray()
        guard let argument = try array.nextElement(), try array.nextElement() == nil else { return fields }
        var object = JSONReader(arguments.json, in: argument.range)
        try object.beginObject()
        while let (name, value) = try object.nextMember() {
            switch name {
            case "to": fields.to = value.text
            case "subject": fields.subject = value.text
            case "text": fields.text = value.text
            case "id":
                guard let id = value.text else { return (nil, nil, nil, nil) }
                fields.id = id
            default: break
            }
        }
        return fields
    }

    /// The job that sends `email`.
    static func job(_ email: Email) -> Job {
        var json = JSONWriter(capacity: 200 + email.text.utf8.count)
        json.array { json in
            json.object { email.writeMembers(into: &$0, includesID: true) }
        }
        // An array that was written as one.
        let arguments = (try? JobArguments(json: json.bytes)) ?? JobArguments()
        return Job(name, arguments, queue: queue)
    }

    /// The mail, by all of its rules. One without an id gets that of its job, which attempts and crashes do not change.
    func email(of job: Job) throws(InvalidEmail) -> Email {
        try EmailFields(to: to, subject: subject, text: text, id: id).email(carrier: job.identity.utf8)
    }
}

extension Jobs {
    /// The job that sends a mail. A mail that is not sent is tried again, later and later, where that may help.
    public mutating func registerMail(_ delivery: Delivery, retry: RetryPolicy) {
        let retry = Retry(
            attempts: retry.attempts, base: retry.base, cap: retry.cap, when: SendError.isWorthRetrying)
        let waited = Timer(label: "bgdemo_resque_wait_seconds")
        register(MailJob.name, plugins: [retry]) { job in
            let mail = try MailJob(job)
            let email = try mail.email(of: job)
            if mail.id != nil, job.failures == 0 { waited.record(since: email.id) }
            return try await delivery.attempt(email, number: job.failures + 1)
        }
    }
}

extension Timer {
    /// The talk's "how long does an item wait in the queue?", for mails that say when they were accepted.
    fileprivate func record(since id: EmailID) {
        let now = Date.now.timeIntervalSince1970 * 1000
        recordMilliseconds(Int64(max(0, min(now - Double(id.milliseconds), 1e15))))
    }
}
