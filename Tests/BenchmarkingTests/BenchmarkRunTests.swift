import BgdemoSMTPInbox
import Testing

@testable import BgdemoBenchmarking

@Suite struct BenchmarkRunTests {
    /// Mails that are due each 100 ms and answered at once.
    ///
    /// - Parameter arrivals: The arrivals of each mail in milliseconds; a refused mail has the status 503.
    private static func run(_ arrivals: [[Int64]], statuses: [Int: Int] = [:]) -> BenchmarkRun {
        let recorder = DeliveryRecorder(run: "run")
        let due = arrivals.indices.map { Int64($0) * 100_000_000 }
        recorder.begin(at: 1, due: due)
        for number in arrivals.indices {
            recorder.sent(number, at: due[number])
            recorder.answered(number, at: due[number], status: statuses[number] ?? 200)
            for arrival in arrivals[number] { recorder.arrived(number, at: 1 + arrival * 1_000_000) }
        }
        return BenchmarkRun(
            load: Load(.open(rate: 10), seconds: 1, seed: 1), isMatched: true, entries: recorder.entries,
            counts: recorder.counts, end: 0, isDone: true, processes: [], redis: nil, isComplete: true)
    }

    @Test("The mails under way at a fault are those accepted and not yet arrived")
    func interrupted() {
        let run = Self.run([[50], [900, 950], [], [500], [450]], statuses: [3: 503])
        // At 350 ms mail 0 has arrived, mail 3 was refused, and mail 4 is not due.
        #expect(run.interrupted(at: .milliseconds(350)) == [.milliseconds(550), nil])
        #expect(run.interrupted(at: .zero) == [.milliseconds(50)])
        #expect(run.interrupted(at: .milliseconds(1000)) == [nil])
    }

    @Test("A late, a lost and a duplicated mail appear in the cell of a fault")
    func cell() throws {
        let late = StrikeResult(Self.run([[900], [120]]), faultAt: .milliseconds(50))
        let lossy = StrikeResult(Self.run([[], [300, 310]]), faultAt: .milliseconds(50))
        let cell = FaultMatrixCell(fault: "kill-worker", [late, lossy])
        #expect(cell.strikes == 2 && cell.fate.asked == 4 && cell.fate.lost == 1 && cell.fate.duplicated == 1)
        #expect(cell.recoverySeconds == 0.07 && cell.longestRecoverySeconds == 0.25)
        let mails = try #require(cell.interrupted)
        #expect(mails == InterruptedMails(count: 2, lost: 1, p50Seconds: 0.85, maxSeconds: 0.85))
    }

    @Test("Two runners with one seed strike at the same moments, another seed at others")
    func moments() {
        func moments(seed: UInt64) -> [Duration] {
            var chaos = FaultMatrixRunner(program: "", subjects: [], inbox: InboxSettings())
            chaos.seed = seed
            return (0..<20).map { chaos.time(ofStrike: $0) }
        }
        #expect(moments(seed: 1) == moments(seed: 1))
        #expect(moments(seed: 1).dropFirst() != moments(seed: 2).dropFirst())
        #expect(moments(seed: 1).allSatisfy { (.milliseconds(500) ... .milliseconds(1500)).contains($0) })
        #expect(Set(moments(seed: 1)).count > 15)
    }
}
