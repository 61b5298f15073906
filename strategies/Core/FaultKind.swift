/// A fault that `bgdemo chaos` injects. The raw value is its name in `--faults` and in reports.
public enum FaultKind: String, Sendable, Hashable, CaseIterable {
    /// SIGKILL to the worker.
    case killWorker = "kill-worker"
    /// SIGKILL to a worker whose host is not that of the other processes.
    case killRemoteWorker = "kill-remote-worker"
    /// SIGKILL to the web server.
    case killServer = "kill-server"
    /// SIGKILL to the master of the processes, where there is one.
    case killMaster = "kill-master"
    /// SIGTERM to all processes.
    case terminate
    /// The worker is suspended for some seconds.
    case stopWorker = "stop-worker"
    /// The mail server is down for some seconds.
    case smtpDown = "smtp-down"
    /// The mail server refuses some mails for now.
    case smtpMoody = "smtp-moody"
    /// The mail server always refuses one address.
    case badAddress = "bad-address"
    /// The mail server closes connections after the final dot.
    case smtpCut = "smtp-cut"
    /// Redis is killed and started again with its append-only file.
    case redisKilled = "redis-killed"
    /// Redis closes all connections.
    case redisCut = "redis-cut"
    /// Redis does not answer for some seconds.
    case redisSilent = "redis-silent"
    /// All processes end at once, and the disk has what was forced to it: soon after it was accepted.
    case powerFailure = "power-failure"
    /// The same, where what is accepted is forced to disk before the answer.
    case powerFailureSynced = "power-failure-always"
}
