/// The result of one strategy under the load.
public struct StrategyResult: Codable, Sendable, Hashable {
    /// `resque`; for an external service its URL.
    public var name: String
    /// `safe`, `talk`, or nil if the strategy has no `--semantics`.
    public var semantics: String?
    /// From when a request was due to its answer; waiting behind a slow answer counts.
    public var response = Latency()
    /// From when a request was sent to its answer: the figure of tools with a closed loop.
    public var uncorrected = Latency()
    /// From when a request was due to its mail in the inbox.
    public var toInbox = Latency()
    /// From when a request was due until it was sent: the generator's own delay and the wait for a connection.
    public var sending = Latency()
    public var fate = DeliveryOutcome()
    /// Whether its mails came to the inbox; if not, nothing is known of them after the answer.
    public var isMatched = true
    /// Requests by the status of their answer; `0` for no answer.
    public var statuses: [String: Int] = [:]
    public var timeline: [TimelineSecond] = []
    /// From the last answer to the last mail in the inbox.
    public var drainSeconds: Double = 0
    public var processes: [ProcessCost] = []
    /// Nil if the strategy has no Redis.
    public var redis: RedisCost?
    /// The stages of one mail of median speed.
    public var journey: [JourneyStep] = []
    /// The steps of `--sweep`, lowest rate first.
    public var sweep: [SweepStep] = []
    /// Of several runs, by the name of a figure (`response p50`): its value in each run. Nil for one run.
    public var samples: [String: [Double]]?
    /// Why it could not be measured, or not completely.
    public var problem: String?

    public init(name: String, semantics: String? = nil) {
        (self.name, self.semantics) = (name, semantics)
    }

    /// All but the measuring process.
    var ownProcesses: [ProcessCost] { processes.filter { $0.name != ProcessCost.measuring } }

    /// `resque`, `resque (talk)`
    public var title: String { semantics == "talk" ? "\(name) (talk)" : name }
}

/// What became of the mails, by the ids in the inbox; no counter of the measured program is read.
public struct DeliveryOutcome: Codable, Sendable, Hashable {
    /// Sent requests.
    public var asked = 0
    /// Requests answered with 200.
    public var accepted = 0
    /// Requests answered with another status.
    public var refused = 0
    /// Requests without an answer.
    public var unanswered = 0
    /// Mails in the inbox, each counted once.
    public var delivered = 0
    /// Accepted, and not in the inbox at the end of the wait, when no mail came any more.
    public var lost = 0
    /// Accepted, and not in the inbox at the end of the wait, while mails still came: late, not lost.
    public var pending = 0
    /// Copies after the first.
    public var duplicated = 0
    /// In the inbox, though the client got an error or no answer.
    public var deliveredUnaccepted = 0
    /// In the inbox after a mail that was due later.
    public var reordered = 0

    public init() {}
}

/// One second of a run.
public struct TimelineSecond: Codable, Sendable, Hashable {
    /// Since the beginning of the load.
    public var second: Int
    public var sent = 0
    public var answered = 0
    public var delivered = 0
    /// Accepted and not yet in the inbox, at the end of the second.
    public var backlog = 0
    /// The p99 of the answers in this second.
    public var p99Milliseconds: Double = 0

    public init(second: Int) { self.second = second }
}

/// The cost of one process.
public struct ProcessCost: Codable, Sendable, Hashable {
    /// `web server`, `worker`, `master`, `redis-server`; `load and inbox` for the measuring process itself
    public var name: String
    public var cpuSeconds: Double
    public var peakMemoryBytes: Int

    static let measuring = "load and inbox"

    public init(name: String, cpuSeconds: Double, peakMemoryBytes: Int) {
        (self.name, self.cpuSeconds, self.peakMemoryBytes) = (name, cpuSeconds, peakMemoryBytes)
    }
}

/// The cost of Redis per accepted mail.
public struct RedisCost: Codable, Sendable, Hashable {
    public var commandsPerMail: Double
    /// Received and sent.
    public var bytesPerMail: Double

    public init(commandsPerMail: Double, bytesPerMail: Double) {
        (self.commandsPerMail, self.bytesPerMail) = (commandsPerMail, bytesPerMail)
    }
}

/// One stage of a mail: `due`, `sent`, `answered`, `in the inbox`.
public struct JourneyStep: Codable, Sendable, Hashable {
    public var name: String
    /// Since it was due.
    public var milliseconds: Double

    public init(_ name: String, milliseconds: Double) {
        (self.name, self.milliseconds) = (name, milliseconds)
    }
}

/// One rate of a sweep.
public struct SweepStep: Codable, Sendable, Hashable {
    public var rate: Double
    /// Answers with 200 per second.
    public var achieved: Double
    public var p99Milliseconds: Double
    /// Accepted and not delivered at the end of the load.
    public var backlog: Int
    /// Whether the strategy kept up: all due requests were answered, and the backlog stayed bounded.
    public var isKept: Bool

    public init(rate: Double, achieved: Double, p99Milliseconds: Double, backlog: Int, isKept: Bool) {
        (self.rate, self.achieved, self.p99Milliseconds) = (rate, achieved, p99Milliseconds)
        (self.backlog, self.isKept) = (backlog, isKept)
    }
}
