import BgdemoFoundations
import Testing

@Suite struct DurationTests {
    @Test(
        "A time is a number and a unit",
        arguments: [
            ("250ms", .milliseconds(250)), ("1.5s", .milliseconds(1500)), ("10m", .seconds(600)),
            ("2h", .seconds(7200)), ("1d", .seconds(86_400)),
            ("3", .seconds(3)), ("0", .zero), ("", nil), ("s", nil), ("-1s", nil), ("1e3", nil), ("1.2.3s", nil),
            ("1 s", nil), ("101000d", nil),
            ("0x1s", nil), ("1s\u{301}", nil), ("nan", nil), ("infs", nil),
        ] as [(String, Duration?)])
    func durations(_ text: String, _ duration: Duration?) {
        #expect(Duration(text: text) == duration)
    }

    @Test("Milliseconds never overflow")
    func milliseconds() {
        #expect(Duration.microseconds(1_500).milliseconds == 1)
        #expect(Duration.microseconds(1_500).millisecondsRoundedUp == 2)
        #expect(Duration.microseconds(-1_500).milliseconds == -1)
        #expect(Duration.microseconds(-999).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).milliseconds == 1_000_000_000_000_000)
        #expect((Duration.seconds(Int64.max) * 2).milliseconds == 1_000_000_000_000_000)
        #expect((Duration.seconds(Int64.min) * 2).milliseconds == -1_000_000_000_000_000)
        #expect(Duration.seconds(Int64.min).millisecondsRoundedUp == -1_000_000_000_000_000)
    }
}
