/// One strategy as the command line, its help, `compare` and `chaos` know it. Each strategy's folder has one, and the
/// program lists them.
public struct StrategyDescriptor: Sendable {
    /// Makes the strategy in one process.
    public typealias Factory = @Sendable (StrategyContext) async throws -> any Strategy

    /// The processes that a strategy runs as.
    public enum Deployment: Sendable {
        /// A web server, which sends the mails itself.
        case webServer
        /// A web server and any number of workers; `--role all` is both in one process.
        case webServerAndWorkers
        /// A master, which starts the web server and the workers as its children.
        case master(MasterSupport)
    }

    /// Pages that show what a strategy keeps in Redis.
    public enum Pages: Sendable {
        /// The queues of Resque.
        case queues
        /// The applications of queuebus, and what each is subscribed to.
        case bus
        /// The event log; on a Redis Cluster its keys carry hash tags.
        case events(isCluster: @Sendable (StrategyContext) throws -> Bool)
    }

    /// The value of `--strategy`.
    public let name: String
    /// What happens to a mail, in one line. It follows a colon.
    public let summary: String
    public let deployment: Deployment
    /// What its Redis user has to be allowed to do; nil where it needs no Redis.
    public let redisRights: RedisRights?
    /// The pages that `serve` has of it besides the first.
    public let pages: [Pages]
    /// The options of `serve` that it has and the others have not. Each group is under its own heading in the help.
    public let options: [any StrategyOptions.Type]
    /// What it guarantees, fault by fault. The code of 2016 guarantees nothing.
    public let guarantees: DurabilityGuarantees
    /// How it keeps accepted mails on disk itself; nil where it does not.
    public let disk: DiskOptions?
    /// What the talk says of it; nil where the talk does not know it.
    public let notes: TalkNotes?
    public let make: Factory
    /// The strategy as the talk's code of 2016 was, for `--semantics original`; nil where the talk had no other.
    public let makeOriginal: Factory?

    /// - Parameters:
    ///   - deployment: Default: a web server alone.
    ///   - redisRights: Default: nil, it needs no Redis.
    ///   - pages: Default: none.
    ///   - options: Default: none.
    ///   - disk: Default: nil.
    ///   - notes: Default: nil.
    ///   - original: Default: nil.
    public init(
        _ name: String, summary: String, deployment: Deployment = .webServer, redisRights: RedisRights? = nil,
        pages: [Pages] = [], options: [any StrategyOptions.Type] = [], guarantees: DurabilityGuarantees,
        disk: DiskOptions? = nil, notes: TalkNotes? = nil, original: Factory? = nil, make: @escaping Factory
    ) {
        self.name = name
        self.summary = summary
        self.deployment = deployment
        self.redisRights = redisRights
        self.pages = pages
        self.options = options
        self.guarantees = guarantees
        self.disk = disk
        self.notes = notes
        self.make = make
        makeOriginal = original
    }

    /// Whether there is a worker, which may be a process of its own.
    public var hasWorker: Bool {
        if case .webServer = deployment { false } else { true }
    }

    /// How its master is made; nil for a strategy without a master.
    public var master: MasterSupport? {
        if case .master(let master) = deployment { master } else { nil }
    }

    /// Whether it needs a Redis.
    public var needsRedis: Bool { redisRights != nil }

    public var hasOriginal: Bool { makeOriginal != nil }

    /// Whether one of its option groups is of this type.
    public func has(_ options: any StrategyOptions.Type) -> Bool { self.options.contains { $0 == options } }
}
