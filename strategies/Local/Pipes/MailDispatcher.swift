package import BgdemoCore
package import BgdemoEmail
package import NIOCore

/// Moves mails from a master's web servers to its workers. Every call comes on the master's event loop.
package protocol MailDispatcher: AnyObject {
    /// The mails that the master owns.
    var count: Int { get }
    /// Whether a mail can still be sent before this time.
    func canProgress(before deadline: NIODeadline) -> Bool

    /// A web server is ready, and the next to accept. It waits for its first credit, which may be none.
    func add(server: Child)
    func add(worker: Child)
    /// The child is told to stop: nothing more is given to it, while what it sends still counts.
    func retire(_ child: Child)
    /// The child has ended, and everything that it has sent was received.
    func remove(_ child: Child) -> AbandonedMails

    /// A web server has accepted a mail.
    func accept(_ mail: MailLine, from server: Child)
    /// A worker has sent a mail.
    func didSend(_ id: EmailID, worker: Child)
    /// A worker has not sent a mail.
    func didFail(_ id: EmailID, _ outcome: SendOutcome, worker: Child)

    /// What became of a mail; nil where that is not known. Default: nil.
    func status(of id: EmailID) -> MailStatus?

    /// Gives mails to workers and credit to web servers. To be called when something has changed.
    func dispatch()
    /// Records the gauges.
    func record()
    /// The master ends: says what happens to the mails that it still owns.
    func close()
}

extension MailDispatcher {
    package func status(of id: EmailID) -> MailStatus? { nil }
}

/// The mails that a child had in hand when it ended.
package struct AbandonedMails {
    package let count: Int
    /// "requeued" or "lost", for the log.
    package let fate: String

    package init(count: Int, fate: String) {
        (self.count, self.fate) = (count, fate)
    }
}
