/// What became of the mails of each strategy under each fault.
public struct FaultMatrix: Codable, Sendable, Hashable {
    /// The columns.
    public var faults: [FaultName] = []
    public var rows: [FaultMatrixRow] = []

    public init() {}

    /// Whether no cell lost a mail that its strategy must not lose.
    public var isKept: Bool { rows.allSatisfy { $0.cells.allSatisfy(\.isKept) } }
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

/// One strategy under one fault.
public struct FaultMatrixCell: Codable, Sendable, Hashable {
    /// ``FaultName/name``
    public var fault: String
    /// Whether the strategy has what the fault affects: `foreground` has no worker.
    public var applies = true
    public var fate = DeliveryOutcome()
    /// Mails in the inbox exactly once.
    public var deliveredOnce = 0
    /// From the fault to the first arrival of a mail that was due after it; nil if none arrived.
    public var recoverySeconds: Double?
    /// Whether the strategy guarantees that no accepted mail is lost under this fault.
    public var mustLoseNothing = false
    public var problem: String?

    public init(fault: String) { self.fault = fault }

    public var isKept: Bool { !mustLoseNothing || (fate.lost == 0 && problem == nil) }
}
