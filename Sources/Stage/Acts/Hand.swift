import BgdemoCore
import BgdemoBenchmarking

/// What can be done to the processes, the mail server and Redis. The raw value is the word of the action; it is that of the
/// fault where `bgdemo chaos` has it too.
public enum Hand: String, Sendable, Hashable, CaseIterable {
    case killWorker = "kill-worker"
    case killServer = "kill-server"
    case killMaster = "kill-master"
    case stopWorker = "stop-worker"
    case continueWorker = "continue-worker"
    case stopServer = "stop-server"
    case continueServer = "continue-server"
    case smtpDown = "smtp-down"
    case smtpSlow = "smtp-slow"
    case smtpMoody = "smtp-moody"
    case smtpBusy = "smtp-421"
    case smtpUp = "smtp-up"
    case redisKilled = "redis-killed"
    case redisCut = "redis-cut"
    case redisSilent = "redis-silent"
    case redisBack = "redis-back"

    /// For the plots and the confirmation.
    var title: String {
        switch self {
        case .killWorker: "kill -9 worker"
        case .killServer: "kill -9 web server"
        case .killMaster: "kill -9 master"
        case .stopWorker: "worker stopped"
        case .continueWorker: "worker continued"
        case .stopServer: "web server stopped"
        case .continueServer: "web server continued"
        case .smtpDown: "mail server down"
        case .smtpSlow: "mail server slow"
        case .smtpMoody: "mail server flaky"
        case .smtpBusy: "mail server says 421"
        case .smtpUp: "mail server up"
        case .redisKilled: "Redis killed"
        case .redisCut: "Redis cut"
        case .redisSilent: "Redis silent"
        case .redisBack: "Redis back"
        }
    }

    /// The process that it is for; nil for what all lanes share.
    var role: ProcessRole? {
        switch self {
        case .killWorker, .stopWorker, .continueWorker: .worker
        case .killServer, .stopServer, .continueServer: .webServer
        case .killMaster: .master
        default: nil
        }
    }

    var isOfRedis: Bool { [.redisKilled, .redisCut, .redisSilent, .redisBack].contains(self) }

    /// Whether a lane has what it is for.
    func applies(to subject: BenchmarkSubject) -> Bool {
        role.map { subject.roles.contains($0) } ?? (!isOfRedis || subject.needsRedis)
    }

    /// The fault that a strategy guarantees something about.
    var fault: FaultKind? { FaultKind(rawValue: rawValue) }
}
