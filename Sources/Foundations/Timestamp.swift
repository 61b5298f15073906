#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A moment in UTC, taken apart once and spelled as mail, HTTP and logs want it.
public struct Timestamp: Sendable {
    private let year: Int
    private let month: Int
    private let day: Int
    private let weekday: Int
    private let secondOfDay: Int
    private let millisecond: Int

    /// - Parameter date: One before 1970 is taken as its first moment, one past 9999 as its last.
    public init(_ date: Date = .now) {
        let milliseconds = Int(max(0, min(date.timeIntervalSince1970 * 1000, 253_402_300_799_999)))
        let seconds = milliseconds / 1000
        millisecond = milliseconds % 1000
        let days = seconds / 86_400
        secondOfDay = seconds % 86_400
        weekday = days % 7
        // Civil from days (Howard Hinnant, "chrono-compatible low-level date algorithms").
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// RFC 5322, section 3.3: `Tue, 24 Nov 2026 04:55:54 +0000`.
    public var rfc5322: String { "\(calendarDate) \(clock) +0000" }

    /// RFC 9110, section 5.6.7: `Tue, 24 Nov 2026 04:55:54 GMT`.
    public var http: String { "\(calendarDate) \(clock) GMT" }

    /// RFC 3339 with milliseconds: `2026-11-24T04:55:54.123Z`.
    public var iso8601: String {
        let fraction = millisecond < 10 ? "00\(millisecond)" : millisecond < 100 ? "0\(millisecond)" : "\(millisecond)"
        return "\(year)-\(twoDigits(month))-\(twoDigits(day))T\(clock).\(fraction)Z"
    }

    private var calendarDate: String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[weekday]), \(twoDigits(day)) \(months[month - 1]) \(year)"
    }

    private var clock: String {
        "\(twoDigits(secondOfDay / 3600)):\(twoDigits(secondOfDay / 60 % 60)):\(twoDigits(secondOfDay % 60))"
    }

    private func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
