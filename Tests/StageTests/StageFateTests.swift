import BgdemoCore
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking
@testable import BgdemoStage

extension StageTests {
    /// The score beside what `bgdemo chaos` measures.
    @Suite struct StageFateTests {
        private static let rate = 10.0

        /// A seed by which no mail is asked for from 0.75 s to 1.6 s: the fault at one second meets the same mails, however long it
        /// takes to strike on a busy machine.
        private static func seed(_ seconds: Double) throws -> UInt64 {
            try #require(
                (1...100_000).first { seed in
                    let due = Load(.open(rate: rate), seconds: seconds, seed: seed).schedule()
                    return due.contains { $0 < 750_000_000 }
                        && !due.contains { (750_000_000...1_600_000_000).contains($0) }
                })
        }

        @Test("What becomes of the mails is what chaos measures, with the same strategy, fault and seed")
        func fates() async throws {
            async let lossy: Void = Self.compare(.fireAndForget, "kill-server", delay: .seconds(3))
            async let safe: Void = Self.compare(.resque, "kill-worker", delay: .milliseconds(250))
            _ = try await (lossy, safe)
        }

        private static func compare(_ plan: LanePlan, _ name: String, delay: Duration) async throws {
            let fault = try #require(Fault.all.first { $0.name == name })
            let seed = try seed(fault.seconds)
            var inbox = InboxSettings()
            inbox.delay = .fixed(delay)
            inbox.seed = seed
            var runner = FaultMatrixRunner(program: bgdemoPath, subjects: [plan.subject], inbox: inbox)
            (runner.faults, runner.seed, runner.rate) = ([fault], seed, rate)
            async let matrix = runner.matrix { _ in }
            let score = try await score(plan, fault, seed, delay)
            let cell = try #require(await matrix.rows.first?.cells.first)
            #expect(cell.problem == nil)
            let fate = cell.fate
            #expect(score.asked == fate.asked && score.lost == fate.lost, "\(score) \(fate)")
            #expect(score.notYet == 0 && fate.pending == 0)
            #expect(score.answered == score.delivered + score.lost && fate.accepted == fate.delivered + fate.lost)
            // Who is asked while the web server is down gets no answer; a supervisor's delay decides how many those are.
            if FaultKind(rawValue: name).map(plan.subject.guarantees.mustLoseNothing) ?? false {
                #expect(score.answered == fate.accepted && score.lost == 0)
            } else {
                #expect(score.lost > 0)
            }
        }

        /// The score of the same load and fault on a stage.
        private static func score(
            _ plan: LanePlan, _ fault: Fault, _ seed: UInt64, _ delay: Duration
        ) async throws -> MailLedger.Score {
            var settings = Stage.Settings(program: bgdemoPath, lanes: [plan], script: .talk([plan]))
            (settings.seed, settings.smtpDelay) = (seed, .fixed(delay))
            return try await Stage.open(settings) { stage in
                let lane = stage.lanes[0]
                try await StageTests.wait("the processes") { lane.allAreUp }
                let counter = Counter(lane.run)
                stage.ground.mailServer.add(counter)
                try await act(stage, "rate \(rate) for \(fault.seconds)")
                try await act(stage, "wait 1")
                try await act(stage, fault.name)
                try await StageTests.wait(within: .seconds(60), "the fate of each mail") {
                    let (rate, score) = lane.update { ($0.rate, $0.ledger.score) }
                    return rate == 0 && score.notYet == 0 && score.asked == score.answered + score.refused
                }
                let score = lane.update(\.ledger.score)
                #expect(counter.ids == score.delivered + score.unasked && counter.twice == score.twice)
                return score
            }
        }
    }
}
