import BgdemoFoundations

/// When a recurring job is to be enqueued.
enum Recurrence: Sendable {
    case cron(CronExpression)
    /// Each so many seconds.
    case every(Int)

    /// The last time that is due, of those after `last`; nil where none is. What was missed before it is not made up for.
    ///
    /// - Parameters:
    ///   - last: The second of the last time.
    ///   - now: The second of now.
    ///   - window: How many seconds late a time of a cron expression may be.
    func due(after last: Int, at now: Int, window: Int) -> Int? {
        switch self {
        case .cron(let cron):
            var found: Int?
            var time = max(last, now - window - 1)
            while let next = cron.next(after: time), next <= now { (found, time) = (next, next) }
            return found
        case .every(let interval):
            let count = (now - last) / interval
            return count > 0 ? last + count * interval : nil
        }
    }

    /// The next time after `last`.
    func next(after last: Int, at now: Int) -> Int? {
        switch self {
        case .cron(let cron): cron.next(after: now)
        case .every(let interval): max(last + interval, now)
        }
    }

    /// Seconds, from a text such as `1h30m`, `15mins` or `90` (fugit's durations).
    ///
    /// - Returns: Nil where the text is none, or not positive.
    static func seconds(_ text: String) -> Int? {
        guard text.utf8.count <= 200, text.utf8.isASCII else { return nil }
        var (total, digits, unit) = (0.0, "", "")
        func add() -> Bool {
            guard let number = Double(digits), let seconds = seconds(ofUnit: unit) else { return false }
            total += number * seconds
            (digits, unit) = ("", "")
            return true
        }
        for character in text where !character.isWhitespace {
            if character.isASCII, character.isNumber || character == "." {
                if !unit.isEmpty, !add() { return nil }
                digits.append(character)
            } else {
                unit.append(character)
            }
        }
        guard add(), total >= 1, total < 1e10 else { return nil }
        return Int(total)
    }

    private static func seconds(ofUnit unit: String) -> Double? {
        switch unit {
        case "", "s", "sec", "secs", "second", "seconds": 1
        case "m", "min", "mins", "minute", "minutes": 60
        case "h", "hour", "hours": 3600
        case "d", "day", "days": 86_400
        case "w", "week", "weeks": 7 * 86_400
        case "M", "month", "months": 30 * 86_400
        case "y", "year", "years": 365 * 86_400
        default: nil
        }
    }
}
