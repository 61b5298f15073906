#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A moment in UTC, taken apart once and spelled as mail, HTTP and logs want it.
public struct Timestamp: Sendable {
    private let date: CivilDate
    private let secondOfDay: Int
    private let millisecond: Int

    /// - Parameter date: One before 1970 is taken as its first moment, one past 9999 as its last.
    public init(_ date: Date = .now) {
        let milliseconds = Int(max(0, min(date.timeIntervalSince1970 * 1000, 253_402_300_799_999)))
        let seconds = milliseconds / 1000
        millisecond = milliseconds % 1000
        self.date = CivilDate(daysSince1970: seconds / 86_400)
        secondOfDay = seconds % 86_400
    }

    /// RFC 5322, section 3.3: `Tue, 24 Nov 2026 04:55:54 +0000`.
    public var rfc5322: String { "\(calendarDate) \(clock) +0000" }

    /// RFC 9110, section 5.6.7: `Tue, 24 Nov 2026 04:55:54 GMT`.
    public var http: String { "\(calendarDate) \(clock) GMT" }

    /// RFC 3339 with milliseconds: `2026-11-24T04:55:54.123Z`.
    public var iso8601: String {
        let fraction = millisecond < 10 ? "00\(millisecond)" : millisecond < 100 ? "0\(millisecond)" : "\(millisecond)"
        return "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day))T\(clock).\(fraction)Z"
    }

    private var calendarDate: String {
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[date.weekday]), \(twoDigits(date.day)) \(months[date.month - 1]) \(date.year)"
    }

    private var clock: String {
        "\(twoDigits(secondOfDay / 3600)):\(twoDigits(secondOfDay / 60 % 60)):\(twoDigits(secondOfDay % 60))"
    }

    private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
