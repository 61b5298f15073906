package import BgdemoFoundations
import BgdemoPipes
package import BgdemoSpool
package import BgdemoCore

/// What a master is told when it is made.
package struct MasterSettings: Sendable {
    /// How many e-mail workers there are.
    package var workers = 1
    /// Mails in the hands of one worker.
    package var concurrency = 50
    /// Mails that the master owns; past it the web server says 503.
    package var backlog = 100_000
    /// The least time between two mails that are handed out.
    package var gap = Duration.zero
    package var retry = RetryPolicy()
    package var semantics = Semantics.safe
    /// From the word to stop until the last worker is told to.
    package var grace = Duration.seconds(30)
    /// A directory in which mails survive the master.
    package var spool: String?
    package var spoolSync = SpoolSync.always
    /// A file for mails that can't be sent.
    package var deadLetters: String?

    package init() {}

    /// Bytes of all mails that the master owns, on top of their number.
    static let backlogBytes = 512 << 20
    /// What a web server may send ahead of the master's word.
    static let ahead = Credit(mails: 4096, bytes: 32 << 20)
}
