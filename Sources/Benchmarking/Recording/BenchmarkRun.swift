/// The record of one load.
public struct BenchmarkRun: Sendable {
    public let load: Load
    /// Whether the mails came to the inbox.
    let isMatched: Bool
    let entries: [DeliveryRecorder.Entry]
    let counts: DeliveryRecorder.Counts
    /// The time of the last answer, in nanoseconds since the beginning of the load.
    let end: Int64
    /// Whether the wait for mails was complete.
    let isDone: Bool
    public let processes: [ProcessCost]
    let redis: RedisStats?
    /// False if the run was stopped.
    public let isComplete: Bool

    /// Counted by the ids in the inbox.
    public var fate: DeliveryOutcome {
        var fate = DeliveryOutcome()
        for entry in entries where entry.sent >= 0 {
            fate.asked += 1
            if entry.isAccepted { fate.accepted += 1 } else if entry.status > 0 { fate.refused += 1 }
            if entry.copies > 0 { fate.delivered += 1 }
            if entry.copies > 0, !entry.isAccepted { fate.deliveredUnaccepted += 1 }
            if entry.copies > 1 { fate.duplicated += Int(entry.copies) - 1 }
            if entry.isAccepted, entry.copies == 0 { fate.lost += 1 }
        }
        fate.unanswered = fate.asked - fate.accepted - fate.refused
        fate.reordered = counts.reordered
        if !isMatched { fate.lost = 0 }
        if !isDone { (fate.lost, fate.pending) = (0, fate.lost) }
        return fate
    }

    /// Mails in the inbox exactly once.
    public var deliveredOnce: Int { entries.count { $0.copies == 1 } }

    /// From this time of the load to the first arrival of a mail that was due after it; nil if none arrived.
    public func recovery(from time: Duration) -> Duration? {
        let start = Int64(time / .nanoseconds(1))
        return entries.filter { $0.due >= start && $0.arrived >= 0 }.map(\.arrived).min().map {
            .nanoseconds($0 - start)
        }
    }

    /// The mails that were accepted and not yet in the inbox at this time of the load.
    ///
    /// - Returns: For each the time until it arrived; nil for one that never did.
    func interrupted(at time: Duration) -> [Duration?] {
        let moment = Int64(time / .nanoseconds(1))
        return entries.filter {
            $0.isAccepted && $0.answered <= moment && !(0...moment).contains($0.arrived)
        }.map { $0.arrived < 0 ? nil : .nanoseconds($0.arrived - moment) }
    }

    /// The numbers of the mails that were accepted.
    public var accepted: [Int] { entries.indices.filter { entries[$0].isAccepted } }

    var drainSeconds: Double {
        max(0, Double((entries.map(\.arrived).max() ?? 0) - end) / 1e9)
    }
}
