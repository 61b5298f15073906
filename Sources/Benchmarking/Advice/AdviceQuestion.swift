/// What a service asks of a strategy.
public struct AdviceQuestion: Sendable, Hashable {
    /// Which accepted mails may be lost when something fails.
    public enum AcceptableLoss: String, Sendable, Hashable, CaseIterable {
        /// None, under any fault that was tried.
        case nothing
        /// Those that are under way when a process is killed, and none otherwise.
        case underWay = "under-way"
        /// Any.
        case anything
    }

    /// Where web servers and workers run.
    public enum Hosts: String, Sendable, Hashable, CaseIterable {
        /// On one host.
        case one
        /// On several hosts.
        case many
    }

    /// Default: `nothing`.
    public var mayLose = AcceptableLoss.nothing
    /// Default: `one`.
    public var hosts = Hosts.one
    /// The longest time that 99 of 100 clients wait for their answer, in milliseconds. Default: 100.
    public var answerWithinMilliseconds: Double = 100

    public init() {}

    /// `no accepted mail may be lost; web servers and workers on one host; answers within 100 ms`
    public var text: String {
        let loss =
            switch mayLose {
            case .nothing: "no accepted mail may be lost"
            case .underWay: "mails under way may be lost when a process is killed"
            case .anything: "accepted mails may be lost"
            }
        return "\(loss); web servers and workers on \(hosts == .one ? "one host" : "several hosts"); answers within "
            + NumberText.time(answerWithinMilliseconds)
    }
}
