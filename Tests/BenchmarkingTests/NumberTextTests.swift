import BgdemoBenchmarking
import Testing

@Suite struct NumberTextTests {
    @Test(
        "Numbers have three significant digits",
        arguments: [
            (0, "0"), (0.04217, "0.042"), (0.42, "0.42"), (1.5, "1.50"), (9.996, "10.0"), (12.345, "12.3"),
            (99.96, "100"), (251.4, "251"), (1234.4, "1,234"), (12_345_678, "12,345,678"), (-3.14159, "−3.14"),
            (-0.0001, "0.000"), (.nan, "–"), (.infinity, "–"), (1e18, "1e+18"),
        ])
    func digits(value: Double, text: String) {
        #expect(NumberText.digits(value) == text)
    }

    @Test(
        "Times have a fitting unit",
        arguments: [
            (0.42, "0.42 ms"), (251, "251 ms"), (999.6, "1.00 s"), (2_010, "2.01 s"), (99_000, "99.0 s"),
            (600_000, "10.0 min"), (36_000_000, "10.0 h"), (.nan, "–"),
        ])
    func times(milliseconds: Double, text: String) {
        #expect(NumberText.time(milliseconds) == text)
    }

    @Test("Counts, sizes, rates and ratios") func others() {
        #expect(NumberText.count(1_234_567) == "1,234,567")
        #expect(NumberText.count(-999) == "−999")
        #expect(NumberText.count(.min).first == "−")
        #expect(NumberText.bytes(812) == "812 B")
        #expect(NumberText.bytes(12_345_678) == "12.3 MB")
        #expect(NumberText.rate(100) == "100/s")
        #expect(NumberText.ratio(1.8) == "×1.80")
    }
}
