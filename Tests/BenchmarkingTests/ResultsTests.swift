import BgdemoBenchmarking
import Testing

@Suite struct ResultsTests {
    @Test("A cell keeps its guarantee only if no mail is lost") func guarantee() {
        var cell = FaultMatrixCell(fault: "kill-worker")
        cell.fate.lost = 1
        #expect(cell.isKept)
        cell.mustLoseNothing = true
        #expect(!cell.isKept)
        cell.fate.lost = 0
        #expect(cell.isKept)
    }
}

@Suite struct ComparisonJSONTests {
    @Test("The JSON is read back unchanged") func roundTrip() throws {
        var comparison = SampleComparison.comparison(talk: ["eventr"])
        comparison.fates = SampleComparison.fates()
        comparison.strategies[0].response.max = .infinity
        #expect(try Comparison(json: comparison.json().utf8) == comparison)
    }

    @Test(
        "An error says why a file is not a comparison",
        arguments: [
            ("", "it is not JSON"), ("[]", "it is not JSON"), ("{\"version\":2}", "its version is 2"),
            ("{\"version\":1}", "it has no began"),
            ("{\"version\":1,\"began\":7}", "its began has an unexpected type"),
        ])
    func unreadable(json: String, reason: String) {
        let error = #expect(throws: UnreadableComparison.self) { try Comparison(json: json.utf8) }
        #expect(error?.description.hasPrefix(reason) == true)
    }
}
