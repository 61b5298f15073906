import BgdemoFoundations

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

    /// `2026-11-28T15:49:10.123456000Z`: a time of Rails 7.1 and later.
    var iso8601WithNanoseconds: String {
        let fraction = timeIntervalSince1970 - timeIntervalSince1970.rounded(.down)
        let microseconds = String(Int(saturating: fraction * 1_000_000))
        return
            "\(day("-"))T\(clock).\(String(repeating: "0", count: max(0, 6 - microseconds.utf8.count)))\(microseconds)000Z"
    }

    /// A time of any Rails, with any number of decimals; nil where the text is none.
    init?(railsTime text: String) {
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else {
            self.init(iso8601: text)
            return
        }
        let digits = text.utf8[text.utf8.index(after: dot)...].prefix { $0.isASCIIDigit }
        guard let fraction = Double("0." + String(Substring(digits))),
            let date = Date(iso8601: String(text[..<dot]) + String(text[digits.endIndex...]))
        else { return nil }
        self = date.addingTimeInterval(fraction)
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

extension JSONDecoder.DateDecodingStrategy {
    /// A number as `JSONEncoder` writes it, or a string in ISO 8601, as other programs do.
    static let iso8601OrDefault = custom { decoder in
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self) else {
            return Date(timeIntervalSinceReferenceDate: try container.decode(Double.self))
        }
        guard let date = Date(railsTime: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "it is not a time in ISO 8601")
        }
        return date
    }
}
