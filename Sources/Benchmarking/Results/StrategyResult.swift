/// How one strategy did under the load.
public struct StrategyResult: Codable, Sendable, Hashable {
    /// `resque`; for another service its URL.
    public var name: String
    /// `safe`, `talk`, or nil where there is but one way.
    public var semantics: String?
    /// From the time that a request was due to its answer; what waited behind a slow answer is counted as waiting.
    public var response = Latency()
    /// From the time that a request was sent to its answer: the figure of tools that wait with those they ask.
    public var uncorrected = Latency()
    /// From the time that a request was due to its mail in the inbox.
    public var toInbox = Latency()
    /// From the time that a request was due until it was sent: the measure's own delay, and the wait for a connection.
    public var sending = Latency()
    public var fate = DeliveryOutcome()
    /// Whether its mails were awaited in our inbox; where not, nothing is known of them after the answer.
    public var isMatched = true
    /// Requests by the status of their answer; `0` where none came.
    public var statuses: [String: Int] = [:]
    public var timeline: [TimelineSecond] = []
    /// From the last answer to the last mail in the inbox.
    public var drainSeconds: Double = 0
    public var processes: [ProcessCost] = []
    /// nil where the strategy has no Redis.
    public var redis: RedisCost?
    /// One mail of median speed, on its way.
    public var journey: [JourneyStep] = []
    /// Of `--sweep`, lowest rate first.
    public var sweep: [SweepStep] = []
    /// Why it could not be measured, or not to the end.
    public var problem: String?

    public init(name: String, semantics: String? = nil) {
        (self.name, self.semantics) = (name, semantics)
    }

    /// Without the measuring process, which is there for all alike.
    var ownProcesses: [ProcessCost] { processes.filter { $0.name != ProcessCost.measuring } }

    /// `resque`, `resque (talk)`
    public var title: String { semantics == "talk" ? "\(name) (talk)" : name }
}

/// What became of the mails that were asked for, by the ids in the inbox; no counter of the program measured is asked.
public struct DeliveryOutcome: Codable, Sendable, Hashable {
    /// Requests that were sent.
    public var asked = 0
    /// Those answered with 200.
    public var accepted = 0
    /// Those answered with anything else.
    public var refused = 0
    /// Those without an answer.
    public var unanswered = 0
    /// Mails in the inbox, each counted once.
    public var delivered = 0
    /// Accepted, and not in the inbox when the wait was over, as nothing came any more.
    public var lost = 0
    /// Accepted, and not in the inbox when the wait was over, while mails still came: too late, and not lost.
    public var pending = 0
    /// Copies past the first.
    public var duplicated = 0
    /// In the inbox though the client was told no, or nothing.
    public var deliveredUnaccepted = 0
    /// In the inbox after one that was asked for later.
    public var reordered = 0

    public init() {}
}

/// One second of a run.
public struct TimelineSecond: Codable, Sendable, Hashable {
    /// Since the first request was due.
    public var second: Int
    public var sent = 0
    public var answered = 0
    public var delivered = 0
    /// Accepted and not yet in the inbox, at the end of the second.
    public var backlog = 0
    /// Of the answers in this second.
    public var p99Milliseconds: Double = 0

    public init(second: Int) { self.second = second }
}

/// What one process took.
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

/// What Redis was asked, for each accepted mail.
public struct RedisCost: Codable, Sendable, Hashable {
    public var commandsPerMail: Double
    /// In and out together.
    public var bytesPerMail: Double

    public init(commandsPerMail: Double, bytesPerMail: Double) {
        (self.commandsPerMail, self.bytesPerMail) = (commandsPerMail, bytesPerMail)
    }
}

/// One station of a mail: `due`, `sent`, `answered`, `in the inbox`.
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
    /// Answers with 200 a second.
    public var achieved: Double
    public var p99Milliseconds: Double
    /// Accepted and not delivered, when the load ended.
    public var backlog: Int
    /// Whether it kept up: what was due was answered, and the backlog did not grow without end.
    public var isKept: Bool

    public init(rate: Double, achieved: Double, p99Milliseconds: Double, backlog: Int, isKept: Bool) {
        (self.rate, self.achieved, self.p99Milliseconds) = (rate, achieved, p99Milliseconds)
        (self.backlog, self.isKept) = (backlog, isKept)
    }
}
