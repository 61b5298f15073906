/// What a strategy guarantees by its design about mails that it has accepted, fault by fault. `bgdemo chaos` measures
/// whether it holds.
public struct DurabilityGuarantees: Sendable, Hashable {
    /// The faults under which accepted mails may be lost.
    public let mayLose: Set<FaultKind>

    private init(mayLose: Set<FaultKind>) {
        self.mayLose = mayLose
    }

    /// No accepted mail is lost under any fault.
    public static let losesNothing = DurabilityGuarantees(mayLose: [])

    /// No guarantee, as in the code of 2016.
    public static let none = DurabilityGuarantees(mayLose: Set(FaultKind.allCases))

    /// Accepted mails may be lost under these faults, and under no other.
    public static func losesNothing(except faults: FaultKind...) -> DurabilityGuarantees {
        DurabilityGuarantees(mayLose: Set(faults))
    }

    /// Whether every mail accepted under this fault must be delivered.
    public func mustLoseNothing(under fault: FaultKind) -> Bool { !mayLose.contains(fault) }
}
