import Testing

@testable import BgdemoBenchmarking

@Suite struct RunsTests {
    @Test(
        "The rank test has the values of published tables",
        arguments: [
            ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 2.0 / 252), ([6, 7, 8, 9, 10], [1, 2, 3, 4, 5], 2.0 / 252),
            ([1, 3, 5, 7], [2, 4, 6, 8], 48.0 / 70), ([1, 2, 3], [4, 5, 6], 0.1), ([1, 1, 1], [1, 1, 1], 1),
            ([1], [2], 1), ([], [1], 1),
        ] as [([Double], [Double], Double)])
    func rankTest(first: [Double], second: [Double], expected: Double) {
        #expect(abs(RankTest.pValue(first, second) - expected) < 1e-12)
    }

    private static func runs(_ times: [Double], lost: [Int] = []) -> StrategyResult {
        StrategyResult(
            runs: times.enumerated().map { number, time in
                var result = StrategyResult(name: "resque")
                result.response.count = 100
                (result.response.p50, result.response.p99) = (time, time * 2)
                (result.fate.asked, result.fate.accepted) = (100, 100)
                result.fate.lost = lost.contains(number) ? 2 : 0
                return result
            })
    }

    @Test("Several runs give the median run, the values of each, and the loss of any")
    func merge() {
        let result = Self.runs([3, 1, 2, 5, 4], lost: [3])
        #expect(result.response.p50 == 3)
        #expect(result.samples?["response p50"] == [3, 1, 2, 5, 4])
        #expect(result.samples?["lost"] == [0, 0, 0, 2, 0])
        #expect(result.problem == "run 4: 2 mails lost")
        #expect(Self.runs([3]).samples == nil)
    }

    @Test("A change of several runs is significant by the rank test, not by its size")
    func significance() throws {
        func comparison(_ times: [Double]) -> Comparison {
            var comparison = SampleComparison.comparison([])
            comparison.settings.runs = times.count
            comparison.strategies = [Self.runs(times)]
            return comparison
        }
        func trend(_ old: [Double], _ new: [Double]) throws -> Change.Trend {
            let changes = Change.all(from: comparison(old), to: comparison(new))
            return try #require(changes.first { $0.figure == "response p50" }).trend
        }
        // 3 % slower in each run: less than the tolerance of single runs, and significant.
        #expect(try trend([100, 101, 102, 100.5, 101.5], [104, 105, 103, 104.5, 103.5]) == .worse)
        #expect(try trend([104, 105, 103, 104.5, 103.5], [100, 101, 102, 100.5, 101.5]) == .better)
        // The median doubles, and the ranges overlap.
        #expect(try trend([100, 100, 100, 300, 300], [90, 110, 200, 250, 310]) == .same)
        let lines = ChangeTable.lines(from: comparison([1, 2, 3, 4, 5]), to: comparison([1, 2, 3, 4, 5]))
        #expect(lines.last?.contains("rank test") == true)
        let text = TerminalTable.text(comparison([1, 2, 3, 4, 5]))
        #expect(text.contains("5 runs") && text.contains("3.00 ms (1.00 ms–5.00 ms)"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= TerminalTable.columns })
    }
}
