/// What one run of `bgdemo compare` has measured: the shape of `--json` (docs/compare.md describes each field).
///
/// Times are in milliseconds, sizes in bytes, rates per second. A later version adds fields; one that changes the
/// meaning of a field has a higher ``version``.
public struct Comparison: Codable, Sendable, Hashable {
    /// Of this shape.
    public var version = 1
    /// When it began, in UTC: `2026-11-23T15:00:00Z`.
    public var began: String
    public var seconds: Double
    /// Whether all that was asked for was measured: not after Ctrl-C.
    public var isComplete = true
    public var machine: Machine
    public var settings: Settings
    public var strategies: [StrategyResult] = []
    /// Of `--chaos`.
    public var fates: FaultMatrix?

    public init(began: String, seconds: Double, machine: Machine, settings: Settings) {
        (self.began, self.seconds, self.machine, self.settings) = (began, seconds, machine, settings)
    }
}

/// Where it was measured.
public struct Machine: Codable, Sendable, Hashable {
    /// `Linux 6.1.0 x86_64`
    public var system: String
    public var processor: String
    public var cores: Int
    public var memoryBytes: Int
    /// By program or library: `bgdemo`, `redis-server`, `libcurl`, `hiredis`.
    public var versions: [String: String]

    public init(system: String, processor: String, cores: Int, memoryBytes: Int, versions: [String: String]) {
        (self.system, self.processor, self.cores) = (system, processor, cores)
        (self.memoryBytes, self.versions) = (memoryBytes, versions)
    }
}

/// What was asked for; with the same seed, the same mails at the same times.
public struct Settings: Codable, Sendable, Hashable {
    /// The words after `bgdemo` that repeat the run.
    public var command: [String] = []
    public var seed: UInt64 = 1
    /// Requests a second, sent when their time has come whatever became of the earlier ones; nil for a closed loop.
    public var rate: Double?
    /// Connections of a closed loop, each with one request under way; nil for an open one.
    public var concurrency: Int?
    public var seconds: Double = 10
    /// How long the mail server takes for each mail.
    public var smtpDelayMilliseconds: Double = 250
    /// Mails that a worker has in hand, and connections to the mail server.
    public var mailsAtATime = 50
    /// The share of mails that it refuses for now.
    public var smtpFailRate: Double = 0
    /// The rates of `--sweep`.
    public var sweep: [Double] = []

    public init() {}
}
