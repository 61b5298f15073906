/// The result of one run of `bgdemo compare`, and the format of `--json` (docs/compare.md describes each field).
///
/// Times are in milliseconds, sizes in bytes, rates per second. A later release may add fields; one that changes the
/// meaning of a field has a higher ``version``.
public struct Comparison: Codable, Sendable, Hashable {
    /// Of the format.
    public var version = 1
    /// The time of its start in UTC: `2026-11-23T15:00:00Z`.
    public var began: String
    public var seconds: Double
    /// Whether everything was measured; false after Ctrl-C.
    public var isComplete = true
    public var machine: Machine
    public var settings: ComparisonSettings
    public var strategies: [StrategyResult] = []
    /// What used the machine's cores during the run; nil where the system does not tell.
    public var load: MachineLoad?
    /// The result of `--chaos`.
    public var fates: FaultMatrix?

    public init(began: String, seconds: Double, machine: Machine, settings: ComparisonSettings) {
        (self.began, self.seconds, self.machine, self.settings) = (began, seconds, machine, settings)
    }
}

extension Comparison {
    /// Why the figures are worse than they could be: a line for each reason.
    public var warnings: [String] {
        [
            load?.warning(cores: machine.cores),
            machine.isDebugBuild == true
                ? "This is a debug build of bgdemo, which is slower than a release build: make build makes one." : nil,
        ].compactMap(\.self)
    }
}

/// The machine of the run.
public struct Machine: Codable, Sendable, Hashable {
    /// `Linux 6.1.0 x86_64`
    public var system: String
    public var processor: String
    public var cores: Int
    public var memoryBytes: Int
    /// The load average of the last minute before the run; nil if the system does not tell.
    public var loadAverage: Double?
    /// Versions by program or library: `bgdemo`, `redis-server`, `libcurl`, `hiredis`.
    public var versions: [String: String]
    /// Whether `bgdemo` was built for debugging, and is slower than a release build; nil if it was not.
    public var isDebugBuild: Bool?

    public init(system: String, processor: String, cores: Int, memoryBytes: Int, versions: [String: String]) {
        (self.system, self.processor, self.cores) = (system, processor, cores)
        (self.memoryBytes, self.versions) = (memoryBytes, versions)
    }
}

/// The settings of the run. The same settings with the same seed send the same mails at the same times.
public struct ComparisonSettings: Codable, Sendable, Hashable {
    /// The arguments of `bgdemo` that repeat the run.
    public var command: [String] = []
    public var seed: UInt64 = 1
    /// Requests per second of an open loop; nil for a closed loop.
    public var rate: Double?
    /// Connections of a closed loop, each with one request under way; nil for an open loop.
    public var concurrency: Int?
    public var seconds: Double = 10
    /// The mean delay of the mail server for each mail.
    public var smtpDelayMilliseconds: Double = 250
    /// The mean round trip times that proxies added before Redis and the mail server; nil for none.
    public var redisLatencyMilliseconds: Double?
    public var smtpLatencyMilliseconds: Double?
    /// The mean time after which the proxies cut a connection; nil for never.
    public var cutEverySeconds: Double?
    /// Mails that a worker sends at a time, and connections to the mail server.
    public var mailsAtATime = 50
    /// The share of attempts that the mail server refuses with a temporary error, 0 to 1.
    public var smtpFailRate: Double = 0
    /// How often each strategy was measured; nil for once.
    public var runs: Int?
    /// The rates of `--sweep`.
    public var sweep: [Double] = []

    public init() {}
}
