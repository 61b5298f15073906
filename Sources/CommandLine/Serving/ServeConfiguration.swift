import ArgumentParser
import BgdemoHTTPServer
import BgdemoCore
import BgdemoMailAPI
import BgdemoWeb

/// What `serve` was asked for, checked before anything starts.
struct ServeConfiguration: Sendable {
    let descriptor: StrategyDescriptor
    let role: Role
    let host: String
    let port: Int
    let access: AccessPolicy
    let pageTokens: PageTokens
    let pageAccess: PageAccess
    /// Where a worker that is a process of its own has its pages.
    let statusPort: Int?
    let limits: HTTPLimits
    let deadline: ShutdownDeadline
    let work: WorkSettings

    init(_ command: ServeCommand, _ environment: EnvironmentVariables) throws {
        let name =
            try environment.value(command.choice.strategy, "BGDEMO_STRATEGY") ?? StrategyName(argument: "foreground")
        guard let descriptor = name?.descriptor else {
            throw ValidationError("this program has no strategy: name one by --strategy")
        }
        self.descriptor = descriptor
        role = try environment.value(command.choice.role, "ROLE") ?? .all
        guard role != .worker || descriptor.hasWorker else {
            throw ValidationError("\(descriptor.name) has no worker half: its web server sends the mails itself")
        }
        host = try command.listen.host(environment)
        port = try command.listen.port(environment)
        // A worker takes no mails from clients.
        access = try role.serves ? command.listen.access(environment) : AccessPolicy()
        pageTokens = PageTokens(
            listeningOn: host, publicHosts: access.publicHosts, token: try command.listen.token(environment),
            protectsMetrics: try command.listen.protectsMetrics(environment))
        pageAccess = PageAccess(
            listeningOn: host, token: access.token,
            mayAct: try ListenOptions.pagesMayAct(command.listen.pagesMayAct, environment),
            publicHosts: access.publicHosts)
        statusPort = try command.listen.statusPort(environment)
        limits = try command.listen.limits(environment)
        deadline = ShutdownDeadline(try command.work.grace(environment))
        work = try command.work.settings(environment)
        _ = try command.tracing.collector(environment)
        for options in command.strategies.groups where descriptor.has(type(of: options)) {
            try options.check(environment, work)
        }
    }

    /// Whether this process only starts the others.
    var isMaster: Bool { descriptor.master != nil && role == .all }

    /// Whether this process is a child of a master.
    var isChild: Bool { descriptor.master != nil && role != .all }

    /// Whether this process sends mails.
    var sends: Bool { role.works || !descriptor.hasWorker }

    /// Whether this process runs workers.
    var works: Bool { role.works && descriptor.hasWorker }

    /// - Parameter isChild: Whether a master has started this process.
    func check(isChild: Bool) throws {
        guard descriptor.master == nil || isMaster || isChild else {
            throw ValidationError(
                "the web server and the workers of \(descriptor.name) are children of its master: leave --role out")
        }
    }
}
