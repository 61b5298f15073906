import BgdemoFoundations

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Numbers, sizes and times as the pages have them.
package enum PageText {
    /// `12 345`, with narrow no-break spaces.
    package static func number(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "−" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += "\u{202f}" }
            text.append(digit)
        }
        return text
    }

    /// `1 mail`, `2 mails`.
    package static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number(count)) \(count == 1 ? one : many ?? one + "s")"
    }

    /// `512 B`, `1.4 kB`, `2.0 MB`.
    package static func bytes(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) B"
        case ..<1_000_000: "\(tenths(bytes, 1_000)) kB"
        default: "\(tenths(bytes, 1_000_000)) MB"
        }
    }

    private static func tenths(_ value: Int, _ unit: Int) -> String {
        let tenths = value / (unit / 10)
        return tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)"
    }

    /// `1.4 s`, `12 s`, `3 min`, `5 h`, `2 d`.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 1e12 else { return "unknown" }
        let seconds = max(0, seconds)
        switch seconds {
        case ..<1: return "\(Int(seconds * 1000)) ms"
        case ..<10: return "\(Int(seconds * 10) / 10).\(Int(seconds * 10) % 10) s"
        case ..<120: return "\(Int(seconds)) s"
        case ..<7_200: return "\(Int(seconds / 60)) min"
        case ..<172_800: return "\(Int(seconds / 3_600)) h"
        default: return "\(number(Int(seconds / 86_400))) d"
        }
    }

    /// The values of a `<time>`: the exact one, and the clock of UTC, which the browser makes local.
    package static func time(_ date: Date) -> TemplateValues {
        ["iso": .text(Timestamp(date).iso8601), "clock": .text(clock(date, now: .now))]
    }

    /// `15:20:13 UTC`, and the date before it where it is not today's.
    static func clock(_ date: Date, now: Date) -> String {
        let exact = Timestamp(date).iso8601
        let time = "\(exact.dropFirst(11).prefix(8)) UTC"
        let day = exact.prefix(10)
        return Timestamp(now).iso8601.hasBytePrefix(day) ? time : "\(day) \(time)"
    }

    /// The start of a text, for a row.
    package static func cut(_ text: String, _ limit: Int) -> String {
        let start = text.unicodeScalars.prefix(limit)
        return start.endIndex == text.unicodeScalars.endIndex ? text : String(start) + "…"
    }
}
