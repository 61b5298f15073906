import BgdemoBenchmarking
import Testing

@Suite struct ChangeTests {
    @Test("A change has a ratio and a trend") func ratio() throws {
        let old = SampleComparison.comparison()
        var new = old
        new.strategies[4].response.p99 *= 2
        new.strategies[4].fate.lost = 3
        new.strategies[4].fate.accepted = 700
        new.strategies[5].toInbox.p50 *= 1.01
        let changes = Change.all(from: old, to: new)
        #expect(changes.filter { $0.trend != .same }.map(\.figure) == ["response p99", "accepted", "lost"])
        let slower = try #require(changes.first { $0.strategy == "resque" && $0.figure == "response p99" })
        #expect(slower.ratio == 2)
        #expect(slower.trend == .worse)
        let lost = try #require(changes.first { $0.strategy == "resque" && $0.figure == "lost" })
        #expect(lost.ratio == nil)
        #expect(lost.trend == .worse)
        #expect(Change.all(from: new, to: old).first { $0.figure == "lost" && $0.old == 3 }?.trend == .better)
    }

    @Test("Different conditions of two runs are listed") func caveats() {
        let old = SampleComparison.comparison()
        var new = SampleComparison.comparison(["foreground", "local"])
        new.machine.cores = 8
        new.settings.rate = nil
        new.settings.concurrency = 4
        #expect(
            Change.caveats(from: old, to: new) == [
                "Another number of cores: 2, now 8.", "Another rate: 100, now none.",
                "Another concurrency: none, now 4.",
                "Only in one of the runs: eventr, fire-and-forget, pubsub, queuebus, resque.",
            ])
        #expect(Change.caveats(from: old, to: old) == [])
    }

    @Test("The terminal has a line for each change and counts the rest") func lines() {
        let old = SampleComparison.comparison()
        var new = old
        new.strategies[4].response.p99 *= 2
        let lines = ChangeTable.lines(from: old, to: new)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("resque") && lines[0].contains("→") && lines[0].hasSuffix("worse"))
        #expect(lines[1].hasSuffix("further figures are within 5 %."))
        #expect(ChangeTable.lines(from: old, to: old).count == 1)
    }

    @Test("The page has both figures") func page() throws {
        let old = SampleComparison.comparison()
        var new = old
        new.strategies[0].response.p50 = 125.4
        let page = HTMLReport.page(new, before: old)
        #expect(page.contains("What changed since 2026-11-23T15:00:00Z"))
        #expect(page.contains("<data value=\"250.8\">251 ms</data>") && page.contains("×0.50"))
        #expect(!HTMLReport.page(new).contains("What changed since"))
    }
}
