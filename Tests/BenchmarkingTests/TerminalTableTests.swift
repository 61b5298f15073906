import BgdemoBenchmarking
import Testing

@Suite struct TerminalTableTests {
    private func comparison(_ results: [StrategyResult]) -> Comparison {
        var comparison = Comparison(
            began: "2026-11-23T15:00:00Z", seconds: 1,
            machine: Machine(system: "", processor: "", cores: 2, memoryBytes: 1, versions: [:]),
            settings: ComparisonSettings())
        comparison.strategies = results
        return comparison
    }

    @Test("No line is longer than the terminal is wide, and than 100 columns", arguments: [40, 58, 80, 100, 200])
    func width(columns: Int) {
        var huge = StrategyResult(name: "http://a-very-long-name.of-a-host.example.org:8080/and/a/prefix")
        huge.response.count = 1
        (huge.response.p50, huge.response.p99, huge.response.p999, huge.response.max) = (99_000, 1e12, .nan, .infinity)
        huge.fate.accepted = 1_234_567_890
        huge.fate.lost = 1_234_567_890
        huge.redis = RedisCost(commandsPerMail: 12_345_678, bytesPerMail: 1)
        huge.processes = [ProcessCost(name: "worker", cpuSeconds: 1e9, peakMemoryBytes: 1 << 50)]
        huge.sweep = [SweepStep(rate: 1e6, achieved: 1e5, p99Milliseconds: 1e9, backlog: 123_456_789, isKept: false)]
        huge.problem = String(repeating: "something went wrong\n", count: 20)
        let all = comparison([huge, StrategyResult(name: "resque", semantics: "talk")])
        let text = TerminalTable.text(all, width: columns)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= min(columns, TerminalTable.columns) })
        for head in [
            "p50", "p99.9", "max", "inbox p50", "lost", "drained", "CPU each", "Redis each", "broken", "backlog",
        ] {
            #expect(text.contains(head), "\(head)")
        }
        #expect(text.contains("resque (talk)"))
    }

    @Test("Nor is one of the fault matrix, which has all strategies", arguments: [40, 58, 80, 100, 200])
    func matrixWidth(columns: Int) {
        let text = FaultMatrixText.text(SampleComparison.fates(), width: columns)
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= min(columns, TerminalTable.columns) })
        for name in SampleComparison.names { #expect(text.contains(name)) }
        #expect(lines.contains { $0.hasPrefix("kill -9 the ") && $0.contains("✓") })
    }

    @Test("A longer time has a longer bar") func bars() {
        let results = [("fast", 1.0), ("slow", 100.0)].map { name, time in
            var result = StrategyResult(name: name)
            result.response.count = 1
            (result.response.p50, result.response.p99) = (time, time * 2)
            return result
        }
        let lines = TerminalTable.text(comparison(results)).split(separator: "\n")
        let bars = ["fast", "slow"].compactMap { name in
            lines.first { $0.hasPrefix(name) }?.count { "█░".contains($0) }
        }
        #expect(bars.count == 2 && bars[0] < bars[1])
    }

    @Test("A table without results says so") func noResults() {
        #expect(TerminalTable.text(comparison([])).contains("nothing was measured"))
    }
}
