import Mail
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time of a log line, `2026-11-24T04:55:54.123Z`, spelled once a millisecond; down to the second once a second.
enum Stamp {
    private struct Spelled {
        var second = Int.min
        var toTheSecond = ""
        var milliseconds = Int.min
        var text = ""
    }

    private static let spelled = Mutex(Spelled())

    static var now: String {
        let date = Date()
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        return spelled.withLock { spelled in
            if spelled.milliseconds != milliseconds {
                let (second, millisecond) = milliseconds.quotientAndRemainder(dividingBy: 1000)
                if spelled.second != second {
                    spelled.second = second
                    spelled.toTheSecond = String(Timestamp(date).iso8601.dropLast(4))
                }
                let zeros = millisecond < 10 ? "00" : millisecond < 100 ? "0" : ""
                spelled.milliseconds = milliseconds
                spelled.text = "\(spelled.toTheSecond)\(zeros)\(millisecond)Z"
            }
            return spelled.text
        }
    }
}
