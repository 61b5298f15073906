import BgdemoFoundations

/// The weekdays of a cron expression: those of a field, and by their number in the month, `mon#1` or `fri#L`.
struct CronWeekdays: Sendable {
    private struct Numbered: Sendable {
        let weekday: Int
        /// From 1, or from -1 for the last.
        let number: Int
    }

    private let field: CronField?
    private let numbered: [Numbered]
    /// Whether the field is `*`.
    var isAny: Bool { field?.isAny ?? false }

    private static let names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// - Returns: Nil where the text is no such field.
    init?(_ text: some StringProtocol) {
        var (plain, numbered) = ([String](), [Numbered]())
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = word.split(separator: "#", omittingEmptySubsequences: false)
            if halves.count == 1 {
                plain.append(String(word))
                continue
            }
            let number = halves[1].equalsIgnoringASCIICase("l") ? -1 : Int(halves[1])
            guard halves.count == 2, let number, number != 0, (-5...5).contains(number),
                let day = CronField(halves[0], in: 0...7, names: Self.names),
                let weekday = (0...6).first(where: { day.contains($0) || $0 == 0 && day.contains(7) })
            else { return nil }
            numbered.append(Numbered(weekday: weekday, number: number))
        }
        field = plain.isEmpty ? nil : CronField(plain.joined(separator: ","), in: 0...7, names: Self.names)
        guard field != nil || plain.isEmpty else { return nil }
        self.numbered = numbered
    }

    /// - Parameters:
    ///   - weekday: From 0, Sunday.
    ///   - day: The day of the month, from 1.
    ///   - last: How many days the month has.
    func contains(_ weekday: Int, day: Int, last: Int) -> Bool {
        // Over the end of the week, Saturday is followed by day 0, and Sunday has two numbers.
        if let field, field.contains(weekday, last: 6) || weekday == 0 && field.contains(7) { return true }
        return numbered.contains { one in
            guard one.weekday == weekday else { return false }
            return one.number == (one.number > 0 ? (day - 1) / 7 + 1 : -((last - day) / 7 + 1))
        }
    }
}
