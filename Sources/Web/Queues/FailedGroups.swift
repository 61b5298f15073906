import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Failed jobs by class and kind of error, the largest group first.
struct FailedGroups {
    private let groups: [[FailedSummary]]
    /// When the first and the last of all failed.
    private let span: ClosedRange<Double>?

    private static let most = 30
    private static let buckets = 24

    /// - Parameter entries: The newest first.
    init(_ entries: [FailedSummary]) {
        var order: [ByteString] = []
        var groups: [ByteString: [FailedSummary]] = [:]
        for entry in entries {
            if groups[entry.group] == nil { order.append(entry.group) }
            groups[entry.group, default: []].append(entry)
        }
        self.groups = order.compactMap { groups[$0] }.sorted { $0.count > $1.count }
        let times = [entries.first, entries.last].compactMap { $0?.date?.timeIntervalSince1970 }
        span = times.min().flatMap { first in times.max().map { first...$0 } }
    }

    var values: [TemplateValues] {
        let largest = groups.first?.count ?? 1
        return groups.prefix(Self.most).compactMap { entries in
            guard let newest = entries.first, let oldest = entries.last else { return nil }
            let search =
                "class=\(SearchWords.quoted(newest.className)) error=\(SearchWords.quoted(newest.exception))"
            return [
                "class": .text(newest.className), "exception": .text(newest.exception), "error": .text(newest.error),
                "isActiveJob": .flag(newest.isActiveJob),
                "count": .int(entries.count), "inGroup": .count(entries.count, "job"),
                "share": .text(String(max(1, entries.count * 100 / max(1, largest)))),
                "newest": .text(newest.failedAt), "newestTime": .one(newest.date.map(PageText.time)),
                "oldest": .text(oldest.failedAt), "oldestTime": .one(oldest.date.map(PageText.time)),
                "line": .html(Sparkline(overTime(entries)).html("Failures over time")),
                "entries": .text(entries.map(\.digest).joined(separator: " ")),
                "query": .text(PageFields.encode(search)), "search": .text(search),
            ]
        }
    }

    /// How many failed in each part of the span; none where all failed within a minute.
    private func overTime(_ entries: [FailedSummary]) -> [Double] {
        guard let span, span.upperBound - span.lowerBound > 60 else { return [] }
        var counts = Array(repeating: 0.0, count: Self.buckets)
        for entry in entries {
            guard let time = entry.date?.timeIntervalSince1970, span.contains(time) else { continue }
            let part = (time - span.lowerBound) / (span.upperBound - span.lowerBound) * Double(Self.buckets)
            counts[min(Self.buckets - 1, Int(part))] += 1
        }
        return counts
    }
}
