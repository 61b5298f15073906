public import BgdemoCore

/// What is measured: a strategy, or an external service.
public struct BenchmarkSubject: Sendable, Hashable {
    /// The processes that it consists of.
    public enum Deployment: Sendable, Hashable {
        /// One web server.
        case single
        /// A web server and a worker.
        case separateWorker
        /// A master that starts a web server and a worker as its children.
        case supervised
        /// A service that already runs.
        case external(Target)
    }

    /// The value of `--strategy`.
    public let name: String
    /// `safe` or `talk`; nil if the strategy has no `--semantics`.
    public let semantics: String?
    public let deployment: Deployment
    public let needsRedis: Bool
    /// What it guarantees about accepted mails, fault by fault.
    public let guarantees: DurabilityGuarantees
    /// How it keeps accepted mails on disk itself; nil where it does not.
    public let disk: DiskOptions?
    /// Of an external service: its processes; nil if faults are not to be injected into them.
    public let external: ExternalProcesses?

    /// - Parameters:
    ///   - guarantees: Default: none.
    ///   - disk: Default: nil.
    public init(
        _ name: String, semantics: String? = nil, deployment: Deployment, needsRedis: Bool,
        guarantees: DurabilityGuarantees = .none, disk: DiskOptions? = nil
    ) {
        (self.name, self.semantics, self.deployment, self.needsRedis) = (name, semantics, deployment, needsRedis)
        (self.guarantees, self.disk, external) = (guarantees, disk, nil)
    }

    /// An external service, named by its URL.
    ///
    /// - Parameter processes: Default: none, and no fault is injected.
    public init(_ target: Target, processes: ExternalProcesses? = nil) {
        (name, semantics, deployment) = (target.url, nil, .external(target))
        (needsRedis, guarantees, external) = (processes?.redisURL != nil, .none, processes)
        disk = nil
    }

    /// `resque`, `resque (talk)`
    public var title: String { semantics == "talk" ? "\(name) (talk)" : name }

    /// Whether faults can be injected into its processes.
    public var canBeStruck: Bool { !roles.isEmpty }

    /// Whether a process of this role can be killed: another takes its place, and can be found.
    func canKill(_ role: ProcessRole) -> Bool { has(role) && external?.canComeBack(role) ?? true }

    /// Its processes in the order of their start: a receiver before its sender.
    public var roles: [ProcessRole] {
        switch deployment {
        case .single: [.webServer]
        case .separateWorker: [.worker, .webServer]
        case .supervised: [.master, .webServer, .worker]
        case .external: external.map { $0.worker == nil ? [.webServer] : [.worker, .webServer] } ?? []
        }
    }
}

/// A process of a strategy; the raw value is its name in the results.
public enum ProcessRole: String, Sendable, Hashable, CaseIterable {
    case webServer = "web server"
    case worker
    case master

    /// The value of `--role`.
    var optionValue: String {
        switch self {
        case .webServer: "server"
        case .worker: "worker"
        case .master: "all"
        }
    }
}
