/// One load, and what became of it.
public struct BenchmarkRun: Sendable {
    public let load: Load
    /// Whether mails were awaited in the inbox.
    let isMatched: Bool
    let entries: [DeliveryRecorder.Entry]
    let counts: DeliveryRecorder.Counts
    /// When the last answer had come, in nanoseconds since the first request could have been due.
    let end: Int64
    /// Whether nothing more was to be expected.
    let isDone: Bool
    public let processes: [ProcessCost]
    let redis: RedisStats?
    /// Not where somebody said stop.
    public let isComplete: Bool

    /// By the ids in the inbox.
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

    /// From this time of the load to the first mail that was asked for after it and came; nil where none did.
    public func recovery(from time: Duration) -> Duration? {
        let start = Int64(time / .nanoseconds(1))
        return entries.filter { $0.due >= start && $0.arrived >= 0 }.map(\.arrived).min().map {
            .nanoseconds($0 - start)
        }
    }

    /// The numbers of the mails that were accepted.
    public var accepted: [Int] { entries.indices.filter { entries[$0].isAccepted } }

    var drainSeconds: Double {
        max(0, Double((entries.map(\.arrived).max() ?? 0) - end) / 1e9)
    }
}
