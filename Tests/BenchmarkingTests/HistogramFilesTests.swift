import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoBenchmarking

struct HistogramFilesTests {
    @Test("A distribution has a row for each percentile, as HdrHistogram's tools read it")
    func rows() throws {
        var histogram = LatencyHistogram()
        for millisecond in 1...1000 { histogram.record(Int64(millisecond) * 1_000_000) }
        let lines = HistogramFiles.text(histogram.latency).split(separator: "\n").map(String.init)
        #expect(lines.first?.split(separator: " ") == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"])
        let rows = lines.dropFirst().filter { !$0.hasPrefix("#") }.map {
            $0.split(separator: " ").compactMap { Double($0) }
        }
        #expect(rows.count == histogram.latency.curve.count && rows.allSatisfy { $0.count == 4 })
        let median = try #require(rows.first { $0[1] == 0.5 })
        #expect(abs(median[0] - 500) <= 1 && median[2] == 500 && median[3] == 2)
        let last = try #require(rows.last)
        #expect(abs(last[0] - 1000) <= 1 && last[1] == 1 && last[2] == 1000 && last[3] == .infinity)
        #expect(zip(rows, rows.dropFirst()).allSatisfy { $0[0] <= $1[0] && $0[1] < $1[1] && $0[2] <= $1[2] })
        #expect(lines.last?.contains("Total count    =         1000") == true)
    }

    @Test("Each strategy has its files, and a URL makes a name that every system takes")
    func files() throws {
        try withDirectory { folder in
            var comparison = SampleComparison.comparison()
            comparison.strategies[0].name = "http://127.0.0.1:3000/a b"
            let paths = try HistogramFiles.write(comparison, to: "\(folder)/plots")
            #expect(paths.contains("\(folder)/plots/http-127.0.0.1-3000-a-b-response.hgrm"))
            #expect(paths.allSatisfy { FileManager.default.fileExists(atPath: $0) })
        }
    }
}
