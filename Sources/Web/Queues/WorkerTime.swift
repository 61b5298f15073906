import BgdemoFoundations

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A time that a worker wrote into Redis.
enum WorkerTime {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Nil where it is in none of the forms: ISO 8601; Ruby's `2026-11-23 15:19:23 +0000` and `2026/11/23 15:19:23 UTC`;
    /// node's `Sat Nov 28 2026 15:48:13 GMT+0000 (Coordinated Universal Time)`.
    static func date(_ text: String) -> Date? {
        guard text.utf8.count < 100 else { return nil }
        let words = text.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        switch words.count {
        case 1: return iso8601(text)
        case 3:
            let day = String(
                decoding: words[0].utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
            return iso8601("\(day)T\(words[1])\(words[2].hasSameBytes(as: "UTC") ? "Z" : words[2])")
        case 6...:
            guard let month = months.firstIndex(where: { $0.hasSameBytes(as: words[1]) }),
                words[5].hasBytePrefix("GMT")
            else { return nil }
            let number = (month < 9 ? "0" : "") + "\(month + 1)"
            return iso8601("\(words[3])-\(number)-\(words[2])T\(words[4])\(String(words[5].dropFirst(3)))")
        default: return nil
        }
    }

    private static func iso8601(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}
