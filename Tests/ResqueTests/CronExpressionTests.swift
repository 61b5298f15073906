import BgdemoFoundations
import Foundation
import Testing

@testable import Resque

// The right values are those of Ruby's fugit 1.5.2.
@Suite struct CronExpressionTests {
    private func times(_ text: String, after time: String, _ count: Int) throws -> [String] {
        let utc = try #require(TimeZoneRules(named: "UTC"))
        let cron = try #require(CronExpression(text, in: utc))
        var second = Int(try Date(time, strategy: .iso8601).timeIntervalSince1970)
        return try (0..<count).map { _ in
            second = try #require(cron.next(after: second))
            return Date(timeIntervalSince1970: Double(second)).formatted(.iso8601)
        }
    }

    @Test(
        "An expression matches when it does in Ruby",
        arguments: [
            ("0 0 1 * mon", ["2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-07T00:00:00Z"]),
            (
                "0 0 L * *",
                ["2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z", "2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z"]
            ),
            ("0 0 -2 * *", ["2026-11-29T00:00:00Z", "2026-12-30T00:00:00Z"]),
            ("0 0 * * mon#1", ["2026-12-07T00:00:00Z", "2027-01-04T00:00:00Z"]),
            ("0 0 * * mon#-1", ["2026-11-30T00:00:00Z", "2026-12-28T00:00:00Z"]),
            ("0 0 * * fri#L", ["2026-12-25T00:00:00Z", "2027-01-29T00:00:00Z"]),
            ("0 22-2 * * *", ["2026-11-28T01:00:00Z", "2026-11-28T02:00:00Z", "2026-11-28T22:00:00Z"]),
            ("0 0 * * fri-mon", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-04T00:00:00Z"]),
            ("*/10 * * * * *", ["2026-11-28T00:00:10Z", "2026-11-28T00:00:20Z"]),
            ("5/15 * * * *", ["2026-11-28T00:05:00Z", "2026-11-28T00:20:00Z"]),
            ("0 0 * jan,feb 7", ["2027-01-03T00:00:00Z", "2027-01-10T00:00:00Z"]),
            ("@daily", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]),
            ("@noon", ["2026-11-28T12:00:00Z", "2026-11-29T12:00:00Z"]),
            ("0 0 13 * 5", ["2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z", "2026-12-13T00:00:00Z"]),
            (
                "0 0 */2 * 5",
                ["2026-11-29T00:00:00Z", "2026-12-01T00:00:00Z", "2026-12-03T00:00:00Z", "2026-12-04T00:00:00Z"]
            ),
            ("0 24 * * *", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]),
            ("0 0 29 2 *", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            ("0 0 10-20/5 * *", ["2026-12-10T00:00:00Z", "2026-12-15T00:00:00Z", "2026-12-20T00:00:00Z"]),
            ("0 0 25-L * *", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-25T00:00:00Z"]),
            ("0 0 * * sun,1-3", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z"]),
            ("0 */25 * * *", ["2026-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]),
            ("0 0 * * * +02:00", ["2026-11-28T22:00:00Z", "2026-11-29T22:00:00Z"]),
            ("0 9 * * * Europe/Berlin", ["2026-11-28T08:00:00Z", "2026-11-29T08:00:00Z"]),
            ("*/15 0 9 * * * Asia/Tokyo", ["2026-11-28T00:00:15Z", "2026-11-28T00:00:30Z"]),
        ] as [(String, [String])])
    func matches(text: String, expected: [String]) throws {
        #expect(try times(text, after: "2026-11-28T00:00:00Z", expected.count) == expected)
    }

    @Test("A time that the clocks skip is skipped, and one that they repeat comes once")
    func clockChanges() throws {
        #expect(
            try times("30 2 * * * Europe/Berlin", after: "2026-03-28T11:00:00Z", 2)
                == ["2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"])
        #expect(
            try times("30 2 * * * Europe/Berlin", after: "2026-10-24T10:00:00Z", 2)
                == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"])
        #expect(
            try times("*/30 * * * * Europe/Berlin", after: "2026-10-24T23:45:00Z", 5) == [
                "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z",
                "2026-10-25T02:00:00Z",
            ])
        #expect(
            try times("*/20 */2 * * * Europe/Berlin", after: "2026-03-28T23:00:00Z", 3)
                == ["2026-03-28T23:20:00Z", "2026-03-28T23:40:00Z", "2026-03-29T02:00:00Z"])
    }

    @Test(
        "What is no expression is refused",
        arguments: [
            "", "* * * *", "60 * * * *", "5/* * * *", "*/0 * * * *", "0 0 * * * America/Nowhere", "a b c d e",
            "0 0 * * mon#6",
            "0 0 0 * *", "@reboot", "* * * * * * * *", "1- * * * *", "0 25 * * *",
        ])
    func refused(text: String) { #expect(CronExpression(text) == nil) }

    @Test("An expression that never matches ends the search")
    func never() throws {
        let cron = try #require(CronExpression("0 0 31 2 *"))
        #expect(cron.next(after: 1_795_824_000) == nil)
    }

    @Test(
        "A duration is read as in Ruby",
        arguments: [
            ("15m", 900), ("1h30m", 5400), ("15mins", 900), ("1d", 86_400), ("2w", 1_209_600), ("1y", 31_536_000),
            ("1M", 2_592_000), ("90", 90), ("1.5h", 5400), ("10s", 10), ("1sec", 1), ("1y2M1d4h", 36_820_800),
            ("-5m", nil), ("1mon", nil), ("500ms", nil), ("", nil), ("0s", nil), ("m", nil),
        ] as [(String, Int?)])
    func duration(text: String, seconds: Int?) { #expect(Recurrence.seconds(text) == seconds) }
}
