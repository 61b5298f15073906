import Mail
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time of a log line, `2026-11-24T04:55:54.123Z`. The part down to the second is spelled once a second.
enum Stamp {
    private struct Spelled {
        var second = Int.min
        var text: Substring = ""
    }

    private static let spelled = Mutex(Spelled())

    static var now: String {
        let date = Date()
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        let (second, millisecond) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let text = spelled.withLock { spelled in
            if spelled.second != second {
                spelled.second = second
                spelled.text = Timestamp(date).iso8601.dropLast(4)
            }
            return spelled.text
        }
        return text + (millisecond < 10 ? "00" : millisecond < 100 ? "0" : "") + String(millisecond) + "Z"
    }
}
