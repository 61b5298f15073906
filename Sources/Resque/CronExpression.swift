import BgdemoFoundations

/// A cron expression as resque-scheduler's rufus-scheduler reads it (<https://github.com/floraison/fugit>): five fields, or
/// six with seconds before them, and a time zone after them; `@daily` and its like.
///
///     */15 9-17 * * mon-fri Europe/Berlin
///
/// Where both the day of the month and the weekday are given, a day of either matches. A time that the clocks skip in spring
/// is skipped; of one that they repeat in autumn, a single time is not repeated.
struct CronExpression: Sendable {
    private let seconds: CronField
    private let minutes: CronField
    private let hours: CronField
    private let days: CronField
    private let months: CronField
    private let weekdays: CronWeekdays
    private let timeZone: TimeZoneRules

    private static let shorthands = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@noon": "0 12 * * *", "@hourly": "0 * * * *",
    ]
    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    /// More steps than any expression needs that matches within 30 years.
    private static let stepLimit = 5000
    /// In bytes.
    private static let lengthLimit = 200
    private static let horizon = 30 * 366 * 86_400

    /// - Parameter zone: The time zone where the expression names none.
    /// - Returns: Nil where the text is no such expression.
    init?(_ text: String, in zone: TimeZoneRules = .current) {
        guard text.utf8.count <= Self.lengthLimit, text.utf8.isASCII else { return nil }
        var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        if let first = words.first, let shorthand = Self.shorthands[first.asciiLowercased()] {
            words = shorthand.split(separator: " ").map(String.init) + words.dropFirst()
        }
        var zone = zone
        if words.count > 5, let last = words.last, CronWeekdays(last) == nil {
            guard let named = Self.timeZone(last) else { return nil }
            zone = named
            words.removeLast()
        }
        if words.count == 5 { words.insert("0", at: 0) }
        guard words.count == 6, let seconds = CronField(words[0], in: 0...59),
            let minutes = CronField(words[1], in: 0...59), let hours = CronField(words[2], in: 0...24),
            let days = CronField(words[3], in: 1...31, countsFromLast: true),
            let months = CronField(words[4], in: 1...12, names: Self.monthNames), let weekdays = CronWeekdays(words[5])
        else { return nil }
        (self.seconds, self.minutes, self.hours) = (seconds, minutes, hours)
        (self.days, self.months, self.weekdays, timeZone) = (days, months, weekdays, zone)
    }

    /// The first second after this one that matches; nil where none does within 30 years.
    func next(after second: Int) -> Int? {
        var last = WallTime(second, timeZone)
        var time = second + 1
        for _ in 0..<Self.stepLimit where time - second < Self.horizon {
            let wall = WallTime(time, timeZone)
            if !months.contains(wall.date.month) {
                time = wall.endOfMonth(timeZone)
            } else if !matches(day: wall) {
                time = wall.endOfDay(timeZone)
            } else if !hours.contains(wall.hour, last: 23), !(wall.hour == 0 && hours.contains(24)) {
                time += 3600 - wall.minute * 60 - wall.secondOfMinute
            } else if !minutes.contains(wall.minute) {
                time += 60 - wall.secondOfMinute
            } else if !seconds.contains(wall.secondOfMinute) {
                time += 1
            } else if wall.isRepetition(of: last) {
                last = wall
                time += 1
            } else {
                return time
            }
        }
        return nil
    }

    private func matches(day wall: WallTime) -> Bool {
        let isDay = days.contains(wall.date.day, last: wall.date.daysInMonth)
        let isWeekday = weekdays.contains(
            wall.date.weekday, day: wall.date.day, last: wall.date.daysInMonth)
        return days.isAny ? isWeekday : weekdays.isAny ? isDay : isDay || isWeekday
    }

    /// A name of the time zone database, or an offset such as `+02:00`.
    private static func timeZone(_ name: String) -> TimeZoneRules? {
        guard let sign = name.utf8.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else {
            return TimeZoneRules(named: name)
        }
        let parts = name.dropFirst().split(separator: ":").map { Int($0) }
        guard parts.count == 2, let hours = parts[0], let minutes = parts[1], 0..<15 ~= hours, 0..<60 ~= minutes else {
            return nil
        }
        return TimeZoneRules(offset: (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1))
    }
}

/// What clocks and calendars on walls show.
private struct WallTime {
    let date: CivilDate
    let hour, minute, secondOfMinute: Int
    /// Seconds since 1970, UTC.
    private let second: Int
    /// Of the clocks, in seconds ahead of UTC.
    private let offset: Int
    private let days: Int

    init(_ second: Int, _ timeZone: TimeZoneRules) {
        self.second = second
        offset = timeZone.offset(at: second)
        days = (second + offset).floorDivided(by: 86_400)
        date = CivilDate(daysSince1970: days)
        let secondOfDay = second + offset - days * 86_400
        (hour, minute, secondOfMinute) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
    }

    func endOfDay(_ timeZone: TimeZoneRules) -> Int { begin(ofDay: days + 1, timeZone) }

    func endOfMonth(_ timeZone: TimeZoneRules) -> Int {
        begin(ofDay: days - date.day + 1 + date.daysInMonth, timeZone)
    }

    /// The second at which a later day begins, or one shortly before, if the clocks change until then.
    private func begin(ofDay day: Int, _ timeZone: TimeZoneRules) -> Int {
        let midnight = day * 86_400 - offset
        // Where the clocks change in between, midnight is at another time. One that they skip is not there.
        let changed = day * 86_400 - timeZone.offset(at: midnight)
        return changed > second ? min(midnight, changed) : midnight
    }

    /// Whether the walls show the same as at another time, because the clocks were set back.
    func isRepetition(of other: WallTime) -> Bool {
        offset != other.offset && second + offset == other.second + other.offset
    }
}
