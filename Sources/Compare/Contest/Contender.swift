/// A strategy that is to be measured, as the command line knows it.
public struct Contender: Sendable, Hashable {
    /// Which processes it is deployed as.
    public enum Shape: Sendable, Hashable {
        /// The web server alone.
        case single
        /// A web server and a worker, started apart.
        case pair
        /// A master, whose children the two are.
        case family
        /// None of ours: a service that runs already.
        case service(Target)
    }

    /// The value of `--strategy`.
    public let name: String
    /// `safe` or `talk`; nil where there is but one way.
    public let semantics: String?
    public let shape: Shape
    public let needsRedis: Bool

    public init(_ name: String, semantics: String? = nil, shape: Shape, needsRedis: Bool) {
        (self.name, self.semantics, self.shape, self.needsRedis) = (name, semantics, shape, needsRedis)
    }

    /// Another service, called by its URL.
    public init(_ target: Target) {
        self.init(target.url, shape: .service(target), needsRedis: false)
    }

    /// `resque`, `resque (talk)`
    public var title: String { semantics == "talk" ? "\(name) (talk)" : name }

    /// Whether its processes are ours to kill.
    public var canBeStruck: Bool { !parts.isEmpty }

    /// Its processes, in the order in which they are started: who hears before who speaks.
    public var parts: [Part] {
        switch shape {
        case .single: [.webServer]
        case .pair: [.worker, .webServer]
        case .family: [.master, .webServer, .worker]
        case .service: []
        }
    }
}

/// A process of a strategy, as the results call it.
public enum Part: String, Sendable, Hashable, CaseIterable {
    case webServer = "web server"
    case worker
    case master

    /// The value of `--role`.
    var role: String {
        switch self {
        case .webServer: "server"
        case .worker: "worker"
        case .master: "all"
        }
    }
}
