import Compare
import Testing

@Suite struct ResultsTests {
    @Test func aCellThatMustLoseNothingIsKeptOnlyWhereNothingIsLost() {
        var cell = FateCell(fault: "kill-worker")
        cell.fate.lost = 1
        #expect(cell.isKept)
        cell.mustLoseNothing = true
        #expect(!cell.isKept)
        cell.fate.lost = 0
        #expect(cell.isKept)
    }
}
