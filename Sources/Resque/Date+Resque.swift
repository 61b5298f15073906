#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The spellings of a moment, all in UTC.
extension Date {
    /// `2026-11-23T15:19:23Z`: `run_at` in Ruby.
    var iso8601: String { "\(day("-"))T\(clock)Z" }

    /// `2026-11-23T15:19:23+00:00`: a heartbeat in Ruby.
    var iso8601WithOffset: String { "\(day("-"))T\(clock)+00:00" }

    /// `2026-11-23 15:19:23 +0000`: `started` in Ruby.
    var rubyTime: String { "\(day("-")) \(clock) +0000" }

    /// `2026/11/23 15:19:23 UTC`: `failed_at` in Ruby.
    var failedAt: String { "\(day("/")) \(clock) UTC" }

    /// A heartbeat, of any zone; nil where the text is none.
    init?(iso8601 text: String) {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        self = date
    }

    private var parts: DateComponents {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: self)
    }

    private func day(_ separator: String) -> String {
        let parts = parts
        return [parts.year, parts.month, parts.day].map(Self.twoDigits).joined(separator: separator)
    }

    private var clock: String {
        let parts = parts
        return [parts.hour, parts.minute, parts.second].map(Self.twoDigits).joined(separator: ":")
    }

    private static func twoDigits(_ number: Int?) -> String {
        let digits = String(number ?? 0)
        return digits.count < 2 ? "0" + digits : digits
    }
}
