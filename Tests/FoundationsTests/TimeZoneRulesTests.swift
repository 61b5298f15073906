import Foundation
import Testing

@testable import BgdemoFoundations

@Suite("The rules of time zones")
struct TimeZoneRulesTests {
    @Test("are Foundation's, in each zone of the database, from 1970 to 2060")
    func database() throws {
        var random = SystemRandomNumberGenerator()
        var count = 0
        for name in TimeZone.knownTimeZoneIdentifiers {
            guard let rules = TimeZoneRules(named: name), let zone = TimeZone(identifier: name) else { continue }
            count += 1
            // The two databases may be of different years: what both know is between the past and the present.
            for second in (0..<40).map({ _ in Int.random(in: 0..<1_640_995_200, using: &random) }) {
                let date = Date(timeIntervalSince1970: Double(second))
                #expect(rules.offset(at: second) == zone.secondsFromGMT(for: date), "\(name) at \(date)")
            }
        }
        #expect(count > 300)
    }

    @Test(
        "beyond the table are those of its last line",
        arguments: ["Europe/Berlin", "America/New_York", "Australia/Sydney"])
    func future(name: String) throws {
        let rules = try #require(TimeZoneRules(named: name))
        let zone = try #require(TimeZone(identifier: name))
        for second in stride(from: 1_640_995_200, to: 2_840_140_800, by: 3600 * 31) {
            #expect(
                rules.offset(at: second) == zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))),
                "\(second)")
        }
    }

    @Test(
        "in the words of POSIX",
        arguments: [
            // (rule, second, offset): 1 July and 1 January 2026, noon.
            ("CET-1CEST,M3.5.0,M10.5.0/3", 7200, 3600), ("UTC0", 0, 0), ("<-03>3", -10_800, -10_800),
            ("EST5EDT", nil, nil), ("EST5EDT,M3.2.0,M11.1.0", -14_400, -18_000),
            ("AEST-10AEDT,M10.1.0,M4.1.0/3", 36_000, 39_600), ("IST-1GMT0,M10.5.0,M3.5.0/1", 3600, 0),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -3600, -7200), ("XXX-5:45:30", 20_730, 20_730),
            ("EST5EDT,0/0,J365/25", -14_400, -14_400), ("A1", nil, nil), ("CET-1CEST,M13.5.0,M10.5.0", nil, nil),
            ("CET-1CEST,M3.5.0", nil, nil), ("CET-1CEST,M3.5.0,M10.5.0x", nil, nil), ("", nil, nil),
        ] as [(String, Int?, Int?)])
    func posix(text: String, july: Int?, january: Int?) {
        let rule = TimeZoneRule(text)
        #expect(rule?.offset(at: 1_782_907_200) == july)
        #expect(rule?.offset(at: 1_767_268_800) == january)
    }

    @Test("are those of the environment")
    func environment() throws {
        #expect(TimeZoneRules.current("Asia/Tokyo").offset(at: 0) == 32_400)
        #expect(TimeZoneRules.current(":Asia/Tokyo").offset(at: 0) == 32_400)
        #expect(TimeZoneRules.current("CET-1CEST,M3.5.0,M10.5.0/3").offset(at: 1_782_907_200) == 7200)
        #expect(TimeZoneRules.current("no such zone") == TimeZoneRules(offset: 0))
        #expect(TimeZoneRules.current("") == TimeZoneRules(offset: 0))
    }

    @Test(
        "A name leads to no file outside of the database",
        arguments: ["../../etc/passwd", "/etc/localtime", "", "Europe", "a b"])
    func names(name: String) { #expect(TimeZoneRules(named: name) == nil) }

    @Test("A damaged file is refused, and ends nothing")
    func damaged() throws {
        let file = [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Europe/Berlin")))
        let rules = try #require(TimeZoneRules(file: file))
        #expect(rules.offset(at: 1_782_907_200) == 7200)
        for length in 0..<file.count { _ = TimeZoneRules(file: Array(file.prefix(length))) }
        #expect(TimeZoneRules(file: Array(file.prefix(1000))) == nil)
        var random = SeededRandom(seed: 7)
        for _ in 0..<20_000 {
            var bytes = file
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            for second in [Int.min, -1, 0, 1_782_907_200, .max] {
                _ = TimeZoneRules(file: bytes)?.offset(at: second)
            }
        }
    }

    @Test("A day of the calendar is found from the days since 1970 and back")
    func calendar() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for days in stride(from: -100_000, to: 200_000, by: 97) {
            let civil = CivilDate(daysSince1970: days)
            let date = Date(timeIntervalSince1970: Double(days) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day, .weekday, .dayOfYear], from: date)
            #expect(parts.year == civil.year && parts.month == civil.month && parts.day == civil.day)
            #expect(parts.weekday == civil.weekday + 1 && parts.dayOfYear == civil.dayOfYear + 1)
            #expect(CivilDate.days(year: civil.year, month: civil.month, day: civil.day) == days)
        }
    }
}
