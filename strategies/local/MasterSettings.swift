public import Strategy

/// What a master is told when it is made.
public struct MasterSettings: Sendable {
    /// How many e-mail workers there are.
    public var workers = 1
    /// Mails in the hands of one worker.
    public var concurrency = 50
    /// Mails that the master owns; past it the web server says 503.
    public var backlog = 100_000
    /// The least time between two mails that are handed out.
    public var gap = Duration.zero
    public var retry = RetryPolicy()
    public var semantics = Semantics.safe
    /// From the word to stop until the last worker is told to.
    public var grace = Duration.seconds(30)
    /// A directory in which mails survive the master.
    public var spool: String?
    public var spoolSync = SpoolSync.always
    /// A file for mails that can't be sent.
    public var deadLetters: String?

    public init() {}

    /// Bytes of all mails that the master owns, on top of their number.
    static let backlogBytes = 512 << 20
    /// What a web server may send ahead of the master's word.
    static let ahead = Room(mails: 4096, bytes: 32 << 20)
}
