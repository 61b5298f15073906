import BgdemoEmail
import BgdemoFoundations
import Resque

/// The mails' jobs in Resque: their class and queue.
///
///     {"class":"sendEmail","queue":"emailQueue","args":[{"to":…,"subject":…,"text":…,"id":…}]}
struct MailJobs: Sendable {
    static let className = "sendEmail"
    /// The Rails job that sends a mail, with the same members as an object or as keyword arguments.
    static let activeJob = "SendEmailJob"
    static let queue = "emailQueue"

    /// The class of the jobs that are pushed.
    let className: String
    /// The queue that they are pushed to.
    let queue: String

    /// - Parameters:
    ///   - className: Nil for the default.
    ///   - queues: The queues of the workers; jobs are pushed to the first that is a name.
    init(className: String?, queues: [String]) {
        self.className = className ?? Self.className
        queue = queues.first { name in !name.utf8.contains { "!*?{}[]".utf8.contains($0) } } ?? Self.queue
    }

    /// The classes that workers perform.
    var performed: [String] { [Self.className] + (className == Self.className ? [] : [className]) }

    /// The classes of the Rails jobs that workers perform.
    var performedActiveJobs: [String] { [Self.activeJob] + (className == Self.className ? [] : [className]) }

    /// The job that sends `email`.
    func job(_ email: Email) -> Job {
        Job(className, queue: queue, argumentBytes: 160 + email.text.utf8.count) { json in
            json.array { json in
                json.object { email.writeMembers(into: &$0, includesID: true) }
            }
        }
    }
}
