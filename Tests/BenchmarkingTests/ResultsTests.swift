import BgdemoBenchmarking
import Testing

@Suite struct ResultsTests {
    @Test func aCellThatMustLoseNothingIsKeptOnlyWhereNothingIsLost() {
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
    @Test func itIsReadBackAsItWas() throws {
        var comparison = SampleComparison.comparison(talk: ["eventr"])
        comparison.fates = SampleComparison.fates()
        comparison.strategies[0].response.max = .infinity
        #expect(try Comparison(json: comparison.json().utf8) == comparison)
    }

    @Test(arguments: [
        ("", "it is not JSON"), ("[]", "it is not JSON"), ("{\"version\":2}", "its version is 2"),
        ("{\"version\":1}", "it has no began"),
        ("{\"version\":1,\"began\":7}", "its began is of another kind"),
    ])
    func whatIsNoneSaysWhy(json: String, reason: String) {
        let error = #expect(throws: UnreadableComparison.self) { try Comparison(json: json.utf8) }
        #expect(error?.description.hasPrefix(reason) == true)
    }
}
