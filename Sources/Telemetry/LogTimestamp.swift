import BgdemoFoundations
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The time of a log line, `2026-11-24T04:55:54.123Z`, formatted once a millisecond.
enum LogTimestamp {
    private struct Cache {
        var second = Int.min
        var textToTheSecond = ""
        var milliseconds = Int.min
        var text = ""
    }

    private static let cache = Mutex(Cache())

    static var now: String {
        let date = Date()
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        return cache.withLock { cache in
            if cache.milliseconds != milliseconds {
                let (second, millisecond) = milliseconds.quotientAndRemainder(dividingBy: 1000)
                if cache.second != second {
                    cache.second = second
                    cache.textToTheSecond = String(Timestamp(date).iso8601.dropLast(4))
                }
                let zeros = millisecond < 10 ? "00" : millisecond < 100 ? "0" : ""
                cache.milliseconds = milliseconds
                cache.text = "\(cache.textToTheSecond)\(zeros)\(millisecond)Z"
            }
            return cache.text
        }
    }
}
