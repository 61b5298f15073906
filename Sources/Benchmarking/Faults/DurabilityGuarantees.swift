/// Under which faults a strategy must lose no accepted mail. This is its design, not a measurement.
///
/// A strategy that is not listed guarantees nothing, and neither does any with the semantics of 2016.
enum DurabilityGuarantees {
    /// By strategy, the faults under which mails may be lost.
    private static let losses: [String: Set<String>] = [
        // It accepts a mail when the mail server has.
        "foreground": [],
        // Mails being sent when the process dies, and all that fail: there is no retry.
        "fire-and-forget": ["kill-server", "smtp-down", "smtp-moody", "smtp-cut"],
        // Mails in the master's memory.
        "local": ["kill-master"],
        // Mails without a subscriber, and those in the memory of a subscriber that died.
        "pubsub": ["kill-worker", "terminate", "redis-killed", "redis-cut", "redis-silent"],
        "resque": [], "eventr": [], "queuebus": [],
    ]

    static func mustLoseNothing(_ subject: BenchmarkSubject, under fault: Fault) -> Bool {
        guard subject.semantics != "talk", let losses = losses[subject.name] else { return false }
        return !losses.contains(fault.name)
    }
}
