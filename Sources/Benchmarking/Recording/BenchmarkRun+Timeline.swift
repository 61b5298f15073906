/// The load second by second.
extension BenchmarkRun {
    /// From the first request to the last mail, at most an hour.
    var timeline: [TimelineSecond] {
        let last = entries.map { max($0.sent, $0.answered, $0.arrived) }.max() ?? -1
        guard last >= 0 else { return [] }
        let count = min(Self.second(last) + 1, 3600)
        var seconds = (0..<count).map { TimelineSecond(second: $0) }
        var speeds: [Int: LatencyHistogram] = [:]
        // The change of the backlog in each second.
        var change = [Int](repeating: 0, count: count)
        for entry in entries {
            if entry.sent >= 0, Self.second(entry.sent) < count { seconds[Self.second(entry.sent)].sent += 1 }
            if entry.answered >= 0, Self.second(entry.answered) < count {
                seconds[Self.second(entry.answered)].answered += 1
                speeds[Self.second(entry.answered), default: LatencyHistogram()].record(entry.answered - entry.due)
            }
            if entry.arrived >= 0, Self.second(entry.arrived) < count {
                seconds[Self.second(entry.arrived)].delivered += 1
            }
            guard isMatched, entry.isAccepted else { continue }
            let (from, to) = (Self.second(entry.answered), Self.second(max(entry.arrived, entry.answered)))
            if from < count { change[from] += 1 }
            if entry.arrived >= 0, to < count { change[to] -= 1 }
        }
        var backlog = 0
        for place in seconds.indices {
            backlog += change[place]
            seconds[place].backlog = backlog
            seconds[place].p99Milliseconds = speeds[place]?.milliseconds(at: 99) ?? 0
        }
        return seconds
    }

    private static func second(_ time: Int64) -> Int { Int(max(0, time) / 1_000_000_000) }

    /// The mail with the median time from due to the inbox, or to its answer if the inbox is not used.
    var journey: [JourneyStep] {
        let whole = entries.filter { $0.isAccepted && ($0.arrived >= 0 || !isMatched) }
            .sorted { Self.end(of: $0) - $0.due < Self.end(of: $1) - $1.due }
        guard !whole.isEmpty else { return [] }
        let entry = whole[(whole.count - 1) / 2]
        var moments = [("due", entry.due), ("sent", entry.sent), ("answered", entry.answered)]
        if entry.arrived >= 0 { moments.append(("in the inbox", entry.arrived)) }
        return moments.sorted { $0.1 < $1.1 }.map { JourneyStep($0.0, milliseconds: Double($0.1 - entry.due) / 1e6) }
    }

    private static func end(of entry: DeliveryRecorder.Entry) -> Int64 {
        entry.arrived >= 0 ? entry.arrived : entry.answered
    }
}
