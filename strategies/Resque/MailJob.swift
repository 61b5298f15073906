import BgdemoEmail
import BgdemoFoundations
import Logging
import Resque

/// A mail as the argument of a job: `{"to":…,"subject":…,"text":…,"id":…}`. More keys may follow; `id` may be missing.
struct MailJob: Decodable, Sendable {
    let to: String
    let subject: String
    let text: String
    let id: String?

    /// The argument of a job.
    ///
    /// - Throws: What is wrong with one that is no mail.
    init(_ arguments: JobArguments) throws(InvalidJobArguments) {
        if let fields = try? Self.fields(of: arguments), let to = fields.to, let subject = fields.subject,
            let text = fields.text
        {
            (self.to, self.subject, self.text, id) = (to, subject, text, fields.id)
        } else {
            // Slower, and says what is wrong.
            self = try arguments.decode(MailJob.self)
        }
    }

    /// The members of the only argument that are strings.
    private static func fields(
        of arguments: JobArguments
    ) throws(JSONError) -> (to: String?, subject: String?, text: String?, id: String?) {
        var fields: (to: String?, subject: String?, text: String?, id: String?)
        // It is all that stands between the brackets, or else no object.
        let json = arguments.json
        guard json.first == UInt8(ascii: "["), json.last == UInt8(ascii: "]"), json.count > 2 else { return fields }
        var object = JSONReader(json, in: 1..<(json.count - 1))
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

    /// The mail, by all of its rules. One without an id gets that of its job, which attempts and crashes do not change.
    ///
    /// - Parameter carrier: The identity of the job.
    func email(carrier: @autoclosure () -> String) throws(InvalidEmail) -> Email {
        try EmailFields(to: to, subject: subject, text: text, id: id).email(carrier: carrier().utf8)
    }

    /// What a log line says of the mail of a job, plain or of Rails: never its text. Nil for a job that is no mail.
    static func details(of job: Job) -> Logger.Metadata? {
        let rails = try? ActiveJob(job)
        guard let mail = try? MailJob(rails?.arguments ?? job.arguments) else { return nil }
        let id = mail.id ?? rails?.id ?? job.identity
        return ["to": "\(printable(mail.to, limit: 320))", "id": "\(printable(id, limit: 200))"]
    }
}
