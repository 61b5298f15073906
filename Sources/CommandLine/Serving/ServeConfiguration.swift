import ArgumentParser
import BgdemoHTTPServer
import BgdemoCore
import BgdemoMailAPI

/// What `serve` was asked for, checked before anything of it begins.
struct ServeConfiguration: Sendable {
    let descriptor: StrategyDescriptor
    let role: Role
    let host: String
    let port: Int
    let access: AccessPolicy
    let pageTokens: PageTokens
    /// Where a worker that is a process of its own has its pages.
    let statusPort: Int?
    let limits: HTTPLimits
    let grace: ShutdownDeadline
    let work: WorkSettings
    let resque: ResqueSettings
    let events: EventSettings

    /// Nil where the strategy has no name that is known, which the parser has said already.
    init?(_ command: ServeCommand, _ environment: EnvironmentVariables) throws {
        let name = try environment.value(command.strategy, "BGDEMO_STRATEGY") ?? StrategyName(argument: "foreground")
        guard let descriptor = name?.descriptor else { return nil }
        self.descriptor = descriptor
        role = try environment.value(command.role, "ROLE") ?? .all
        guard role != .worker || descriptor.hasWorker else {
            throw ValidationError("\(descriptor.name) has no worker half: its mails are sent by the web server itself")
        }
        host = try command.listen.host(environment)
        port = try command.listen.port(environment)
        // A process that takes no mails sends none for strangers.
        access = try role.serves ? command.listen.access(environment) : AccessPolicy()
        pageTokens = PageTokens(
            listeningOn: host, token: try command.listen.token(environment),
            protectsMetrics: try command.listen.protectsMetrics(environment))
        statusPort = try command.listen.statusPort(environment)
        limits = try command.listen.limits(environment)
        grace = ShutdownDeadline(try command.work.grace(environment))
        work = try command.work.settings(environment)
        resque = try command.resque.settings(environment)
        events = try command.events.settings(environment)
    }

    /// Whether this process starts the others, and has no half itself.
    var isMaster: Bool { descriptor.master != nil && role == .all }

    /// Whether this process is the one that sends.
    var sends: Bool { role.works || !descriptor.hasWorker }

    /// Whether this process runs workers.
    var works: Bool { role.works && descriptor.hasWorker }

    /// - Parameter isChild: Whether a master has started this process.
    func check(isChild: Bool) throws {
        guard descriptor.master == nil || isMaster || isChild else {
            throw ValidationError("the halves of \(descriptor.name) are its master's children: leave --role out")
        }
    }
}
