/// Which strategies must lose nothing that they accepted, under which fault: the design's own word, no measurement.
///
/// A strategy that is not listed has promised nothing. As of the versions of 2016, whose losses are to be shown.
enum DurabilityGuarantees {
    /// By strategy, the faults under which mails may be lost.
    private static let losses: [String: Set<String>] = [
        // It says yes when the mail server has.
        "foreground": [],
        // In flight when the process dies; and nobody waits for the outcome, or tries again.
        "fire-and-forget": ["kill-server", "smtp-down", "smtp-moody", "smtp-cut"],
        // What the master holds, in its memory.
        "local": ["kill-master"],
        // What nobody heard, and what a subscriber held that died.
        "pubsub": ["kill-worker", "terminate", "redis-killed", "redis-cut", "redis-silent"],
        "resque": [], "eventr": [], "queuebus": [],
    ]

    static func mustLoseNothing(_ subject: BenchmarkSubject, under fault: Fault) -> Bool {
        guard subject.semantics != "talk", let losses = losses[subject.name] else { return false }
        return !losses.contains(fault.name)
    }
}
