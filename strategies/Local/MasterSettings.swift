import BgdemoFoundations
import BgdemoSpool
import BgdemoCore

/// How a master works.
struct MasterSettings: Sendable {
    /// Email worker processes. Default: 1.
    var workers = 1
    /// Mails in hand at a time in one worker. Default: 50.
    var concurrency = 50
    /// Mails that the master owns at most; past it clients get 503. Default: 100,000.
    var backlog = 100_000
    /// The least time between two mails that are given to workers. Default: none.
    var gap = Duration.zero
    var retry = RetryPolicy()
    /// From the signal to stop until the last worker is told to. Default: 30 s.
    var grace = Duration.seconds(30)
    /// A directory in which accepted mails survive the master. Default: none.
    var spool: String?
    /// Default: before each acknowledgement.
    var spoolSync = SpoolSync.always
    /// A file for mails that can't be sent. Default: none.
    var deadLetters: String?

    /// Bytes of all mails that the master owns at most.
    static let backlogBytes = 512 << 20
}
