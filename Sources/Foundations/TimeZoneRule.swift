/// When the clocks change in each year, as the environment variable `TZ` and the end of a TZif file say it (POSIX.1-2024, 8.3;
/// RFC 9636, section 3.3.2).
///
///     CET-1CEST,M3.5.0,M10.5.0/3
struct TimeZoneRule: Sendable, Equatable {
    private enum Day: Equatable {
        /// The last (5) or an earlier one of the weekdays of a month; 0 is Sunday.
        case weekday(Int, week: Int, month: Int)
        /// From 1; 29 February is not counted.
        case ofCommonYear(Int)
        /// From 0.
        case ofYear(Int)
    }

    private struct Change: Equatable {
        let day: Day
        /// Seconds from midnight of the clocks until then; may be negative, or more than a day.
        let time: Int
    }

    private struct Summer: Equatable {
        let offset: Int
        let begin, end: Change
    }

    /// Seconds that the clocks are ahead of UTC, outside of summer.
    private let standard: Int
    private let summer: Summer?

    /// Nil where the text is no rule.
    init?(_ text: String) {
        guard text.utf8.count <= 100 else { return nil }
        var reader = Reader(rest: Array(text.utf8)[...])
        guard reader.readName(), let west = reader.readTime() else { return nil }
        standard = -west
        guard !reader.rest.isEmpty else {
            summer = nil
            return
        }
        guard reader.readName() else { return nil }
        let offset = reader.rest.first == UInt8(ascii: ",") ? standard + 3600 : reader.readTime().map { -$0 }
        guard let offset, let begin = reader.readChange(), let end = reader.readChange(), reader.rest.isEmpty else {
            return nil
        }
        summer = Summer(offset: offset, begin: begin, end: end)
    }

    /// - Parameter second: Seconds since 1970, UTC.
    func offset(at second: Int) -> Int {
        guard let summer, abs(second) < 1 << 48 else { return standard }
        let year = CivilDate(daysSince1970: (second + standard).floorDivided(by: 86_400)).year
        let begin = Self.second(of: summer.begin, year) - standard
        let end = Self.second(of: summer.end, year) - summer.offset
        let isSummer = begin < end ? begin..<end ~= second : !(end..<begin ~= second)
        return isSummer ? summer.offset : standard
    }

    /// Seconds since 1970, as the clocks before the change count them.
    private static func second(of change: Change, _ year: Int) -> Int {
        let newYear = CivilDate.days(year: year, month: 1, day: 1)
        let isLeap = CivilDate.isLeap(year)
        let day =
            switch change.day {
            case .ofYear(let day): newYear + day
            case .ofCommonYear(let day): newYear + day - 1 + (isLeap && day > 59 ? 1 : 0)
            case .weekday(let weekday, let week, let month):
                Self.day(of: weekday, week: week, month: month, year: year)
            }
        return day * 86_400 + change.time
    }

    private static func day(of weekday: Int, week: Int, month: Int, year: Int) -> Int {
        let first = CivilDate.days(year: year, month: month, day: 1)
        // 1 January 1970 was a Thursday.
        let ahead = (weekday - (first + 4)) % 7
        let day = first + (ahead + 7) % 7 + (week - 1) * 7
        return day < first + CivilDate.days(inMonth: month, year: year) ? day : day - 7
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// Letters, or anything in `<>`.
        mutating func readName() -> Bool {
            if skip("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let name = rest.prefix { $0.isASCIILetter }
            rest = rest.dropFirst(name.count)
            return name.count >= 3
        }

        /// `[+-]hh[:mm[:ss]]`, in seconds.
        mutating func readTime() -> Int? {
            let isNegative = skip("-")
            if !isNegative { _ = skip("+") }
            guard let hours = readNumber(0...167) else { return nil }
            var seconds = hours * 3600
            for unit in [60, 1] where skip(":") {
                guard let part = readNumber(0...59) else { return nil }
                seconds += part * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// A comma, a day, and the time if it is not 2 o'clock.
        mutating func readChange() -> Change? {
            guard skip(","), let day = readDay() else { return nil }
            guard skip("/") else { return Change(day: day, time: 2 * 3600) }
            return readTime().map { Change(day: day, time: $0) }
        }

        private mutating func readDay() -> Day? {
            if skip("J") { return readNumber(1...365).map { .ofCommonYear($0) } }
            guard skip("M") else { return readNumber(0...365).map { .ofYear($0) } }
            guard let month = readNumber(1...12), skip("."), let week = readNumber(1...5), skip("."),
                let weekday = readNumber(0...6)
            else { return nil }
            return .weekday(weekday, week: week, month: month)
        }

        private mutating func readNumber(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { $0.isASCIIDigit }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return range.contains(number) ? number : nil
        }

        private mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
    }
}
