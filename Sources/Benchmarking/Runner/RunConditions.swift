import BgdemoCore

/// How the processes of a run are started, so that a fault can be injected into them.
struct RunConditions: Sendable, Hashable {
    /// When accepted mails are forced to disk; what is, is recorded then. Default: nil, as the subject does by default, and
    /// not recorded.
    var diskSync: DiskSync?
    /// Whether each worker process is on a host of its own. Default: no.
    var hasRemoteWorkers = false
}
