import ArgumentParser
import HTTP
import Strategy

/// What `serve` was asked for, checked before anything of it begins.
struct Plan: Sendable {
    let entry: Entry
    let role: Role
    let host: String
    let port: Int
    let access: AccessPolicy
    /// Where a worker that is a process of its own has its pages.
    let statusPort: Int?
    let limits: HTTPLimits
    let grace: Grace
    let work: WorkSettings
    let resque: ResqueSettings
    let events: EventSettings

    /// Nil where the strategy has no name that is known, which the parser has said already.
    init?(_ command: ServeCommand, _ environment: Environment) throws {
        let name = try environment.value(command.strategy, "BGDEMO_STRATEGY") ?? StrategyName(argument: "foreground")
        guard let entry = name?.entry else { return nil }
        self.entry = entry
        role = try environment.value(command.role, "ROLE") ?? .all
        guard role != .worker || entry.hasWorker else {
            throw ValidationError("\(entry.name) has no worker half: its mails are sent by the web server itself")
        }
        host = try command.listen.host(environment)
        port = try command.listen.port(environment)
        // Who takes no mails sends none for strangers.
        access = try role.serves ? command.listen.access(environment) : AccessPolicy()
        statusPort = try command.listen.statusPort(environment)
        limits = try command.listen.limits(environment)
        grace = Grace(try command.work.grace(environment))
        work = try command.work.settings(environment)
        resque = try command.resque.settings(environment)
        events = try command.events.settings(environment)
    }

    /// Whether this process starts the others, and has no half itself.
    var isMaster: Bool { entry.master != nil && role == .all }

    /// Whether this process is the one that sends.
    var sends: Bool { role.works || !entry.hasWorker }

    /// Whether this process runs workers.
    var works: Bool { role.works && entry.hasWorker }

    /// - Parameter isChild: Whether a master has started this process.
    func check(isChild: Bool) throws {
        guard entry.master == nil || isMaster || isChild else {
            throw ValidationError("the halves of \(entry.name) are its master's children: leave --role out")
        }
    }
}
