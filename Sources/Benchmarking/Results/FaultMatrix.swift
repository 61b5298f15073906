/// What became of the mails of each strategy under each fault.
public struct FaultMatrix: Codable, Sendable, Hashable {
    /// The columns.
    public var faults: [FaultName] = []
    public var rows: [FaultMatrixRow] = []

    public init() {}

    /// Whether no cell lost a mail that its strategy must not lose.
    public var isKept: Bool { rows.allSatisfy { $0.cells.allSatisfy(\.isKept) } }

    /// Whether each cell could be run: some mail was accepted.
    public var isMeasured: Bool {
        rows.allSatisfy { $0.cells.allSatisfy { $0.problem == nil || $0.fate.accepted > 0 } }
    }
}

/// The name and the head of a column: `kill-worker`, "kill -9 the worker".
public struct FaultName: Codable, Sendable, Hashable {
    public var name: String
    public var summary: String

    public init(_ name: String, _ summary: String) {
        (self.name, self.summary) = (name, summary)
    }
}

public struct FaultMatrixRow: Codable, Sendable, Hashable {
    public var strategy: String
    public var semantics: String?
    public var cells: [FaultMatrixCell] = []

    public init(strategy: String, semantics: String? = nil) {
        (self.strategy, self.semantics) = (strategy, semantics)
    }
}

/// The mails that were accepted and not yet in the inbox when the fault came. Under `kill-worker` these are the mails that the
/// killed worker was sending.
public struct InterruptedMails: Codable, Sendable, Hashable {
    public var count: Int
    /// Those that never arrived.
    public var lost: Int
    /// From the fault to the arrival, the median and the longest; nil if none arrived.
    public var p50Seconds: Double?
    public var maxSeconds: Double?

    public init(count: Int, lost: Int, p50Seconds: Double?, maxSeconds: Double?) {
        (self.count, self.lost, self.p50Seconds, self.maxSeconds) = (count, lost, p50Seconds, maxSeconds)
    }
}

/// One strategy under one fault.
public struct FaultMatrixCell: Codable, Sendable, Hashable {
    /// ``FaultName/name``
    public var fault: String
    /// Whether the strategy has what the fault affects: `foreground` has no worker.
    public var applies = true
    public var fate = DeliveryOutcome()
    /// Mails in the inbox exactly once.
    public var deliveredOnce = 0
    /// How often the fault was injected, each time in fresh processes. The counts are sums of all.
    public var strikes: Int?
    /// From the fault to the first arrival of a mail that was due after it; nil if none arrived. The median of all strikes.
    public var recoverySeconds: Double?
    /// The longest of all strikes.
    public var longestRecoverySeconds: Double?
    /// Nil if no mail was under way when the fault came.
    public var interrupted: InterruptedMails?
    /// Whether the strategy guarantees that no accepted mail is lost under this fault.
    public var mustLoseNothing = false
    public var problem: String?

    public init(fault: String) { self.fault = fault }

    public var isKept: Bool { !mustLoseNothing || (fate.lost == 0 && problem == nil) }
}
