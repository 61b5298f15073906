import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A time as it is written on the command line: `2026-11-23T15:00`, in UTC where it names no zone.
enum DateArgument {
    static func date(_ text: String) throws -> Date {
        let halves = text.split(separator: "T", maxSplits: 1)
        let time = halves.count == 2 ? halves[1] : "00:00"
        let border = time.firstIndex { "Z+-".contains($0) } ?? time.endIndex
        let zone = border == time.endIndex ? "Z" : time[border...]
        let clock = time[..<border].count { $0 == ":" } == 1 ? time[..<border] + ":00" : time[..<border]
        if let day = halves.first, let date = try? Date("\(day)T\(clock)\(zone)", strategy: .iso8601) { return date }
        throw ValidationError("'\(text)' is no time; write 2026-11-23T15:00, in UTC, or with a zone, …T15:00+01:00")
    }
}
