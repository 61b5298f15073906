import BgdemoFoundations

/// Which faults happen to which mails: each decision is a function of the seed and of what it is about, so that a run can
/// be repeated.
struct FaultPlan: Sendable {
    private let seed: UInt64
    private let delay: ReplyDelay
    private let faults: [InboxFault.Stage: [InboxFault]]

    /// - Throws: ``InboxError`` where the faults of a stage are more likely than certain.
    init(_ settings: InboxSettings) throws(InboxError) {
        seed = settings.seed
        delay = settings.delay
        faults = Dictionary(grouping: settings.faults, by: \.stage)
        for (stage, faults) in faults where faults.reduce(0, { $0 + $1.probability }) > 1.000001 {
            throw InboxError("the probabilities of the faults at \(stage.rawValue) add up to more than 1")
        }
    }

    /// What goes wrong at a stage, if anything, with what has this key.
    func fault(at stage: InboxFault.Stage, key: UInt64) -> InboxFault.Action? {
        guard !faults.isEmpty, let candidates = faults[stage] else { return nil }
        // One draw a stage, so that each fault has exactly its own share.
        var draw = uniform(stage.salt, key)
        for fault in candidates {
            if draw < fault.probability { return fault.action }
            draw -= fault.probability
        }
        return nil
    }

    /// Whether decisions after the dot need the mail's key.
    var needsMailKey: Bool { delay.isRandom || faults[.dot] != nil || faults[.stored] != nil }

    /// The time the answer to the dot takes.
    func delay(key: UInt64) -> Duration {
        delay.isRandom ? delay.sample(uniform(101, key), uniform(102, key)) : delay.sample(0, 0)
    }

    private func uniform(_ salt: UInt64, _ key: UInt64) -> Double {
        SeededRandom.unit(SeededRandom.mix(SeededRandom.mix(seed &+ salt &* SeededRandom.increment) ^ key))
    }
}

extension InboxFault.Stage {
    fileprivate var salt: UInt64 {
        switch self {
        case .banner: 1
        case .ehlo: 2
        case .starttls: 3
        case .auth: 4
        case .mail: 5
        case .rcpt: 6
        case .data: 7
        case .dot: 8
        case .stored: 9
        }
    }
}
