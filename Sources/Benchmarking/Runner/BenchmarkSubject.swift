/// A strategy that is to be measured, as the command line knows it.
public struct BenchmarkSubject: Sendable, Hashable {
    /// Which processes it is deployed as.
    public enum Deployment: Sendable, Hashable {
        /// The web server alone.
        case single
        /// A web server and a worker, started apart.
        case separateWorker
        /// A master, whose children the two are.
        case supervised
        /// None of ours: a service that runs already.
        case external(Target)
    }

    /// The value of `--strategy`.
    public let name: String
    /// `safe` or `talk`; nil where there is but one way.
    public let semantics: String?
    public let deployment: Deployment
    public let needsRedis: Bool

    public init(_ name: String, semantics: String? = nil, deployment: Deployment, needsRedis: Bool) {
        (self.name, self.semantics, self.deployment, self.needsRedis) = (name, semantics, deployment, needsRedis)
    }

    /// Another service, called by its URL.
    public init(_ target: Target) {
        self.init(target.url, deployment: .external(target), needsRedis: false)
    }

    /// `resque`, `resque (talk)`
    public var title: String { semantics == "talk" ? "\(name) (talk)" : name }

    /// Whether its processes are ours to kill.
    public var canBeStruck: Bool { !roles.isEmpty }

    /// Its processes, in the order in which they are started: who hears before who speaks.
    public var roles: [ProcessRole] {
        switch deployment {
        case .single: [.webServer]
        case .separateWorker: [.worker, .webServer]
        case .supervised: [.master, .webServer, .worker]
        case .external: []
        }
    }
}

/// A process of a strategy, as the results call it.
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
