/// What used the machine's cores during a run.
public struct MachineLoad: Codable, Sendable, Hashable {
    /// How many cores were in use, on average.
    public var busyCores: Double
    /// Of these, how many by processes that do not belong to the run.
    public var otherCores: Double
    /// The share of the processor time that the hypervisor gave to other machines, 0 to 1.
    public var stolenShare: Double

    public init(busyCores: Double, otherCores: Double, stolenShare: Double) {
        (self.busyCores, self.otherCores, self.stolenShare) = (busyCores, otherCores, stolenShare)
    }

    /// `1.2 busy, 0.1 of them by others, 0.5 % stolen`
    public var text: String {
        "\(NumberText.digits(busyCores)) busy, \(NumberText.digits(otherCores)) of them by others, "
            + "\(NumberText.digits(stolenShare * 100)) % stolen"
    }

    /// A line where others used more than a tenth of the cores, or the hypervisor more than a fiftieth; else nil.
    public func warning(cores: Int) -> String? {
        guard otherCores > Double(cores) / 10 || stolenShare > 0.02 else { return nil }
        return "The machine was not quiet: of \(cores) cores \(text). Figures are worse than they would be without."
    }
}
