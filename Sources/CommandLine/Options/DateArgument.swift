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
        if let day = halves.first, isDate(day), isTime(clock),
            let date = try? Date("\(day)T\(clock)\(zone)", strategy: .iso8601)
        {
            return date
        }
        throw ValidationError("'\(text)' is no time; write 2026-11-23T15:00, in UTC, or with a zone, …T15:00+01:00")
    }

    /// Foundation takes 30 February for 2 March.
    private static func isDate(_ text: Substring) -> Bool {
        let numbers = text.split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 3, (1...12).contains(numbers[1]) else { return false }
        let isLeap = numbers[0].isMultiple(of: 4) && (!numbers[0].isMultiple(of: 100) || numbers[0].isMultiple(of: 400))
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[numbers[1] - 1]).contains(numbers[2])
    }

    private static func isTime(_ text: Substring) -> Bool {
        let numbers = text.split(separator: ":").compactMap { Double($0) }
        return numbers.count == 3 && (0..<24).contains(numbers[0]) && (0..<60).contains(numbers[1])
            && (0..<61).contains(numbers[2])
    }
}
