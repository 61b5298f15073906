import BgdemoBenchmarking
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

extension SerializedBenchmarks {
    /// Each defect of a service appears in the results, and nothing else does.
    @Suite(.timeLimit(.minutes(2))) struct DetectionTests {
        @Test("Each defect is detected, and no other", arguments: FaultyService.Defect.allCases) func defects(
            defect: FaultyService.Defect
        ) async throws {
            let (result, load) = try await FaultyService.measure(defect, answerTime: .seconds(2))
            let asked = load.schedule().count
            let bad = (0..<asked).count { $0 % 10 == 3 }
            var fate = DeliveryOutcome()
            (fate.asked, fate.accepted, fate.delivered) = (asked, asked, asked)
            switch defect {
            case .none, .isSlow: break
            case .loses: (fate.delivered, fate.lost) = (asked - bad, bad)
            case .duplicates: fate.duplicated = bad
            case .refuses: (fate.accepted, fate.refused, fate.delivered) = (asked - bad, bad, asked - bad)
            case .sendsAndSaysNo: (fate.accepted, fate.refused, fate.deliveredUnaccepted) = (asked - bad, bad, bad)
            case .delivers10thLate: fate.reordered = result.fate.reordered
            case .neverAnswers: (fate.accepted, fate.unanswered, fate.delivered) = (asked - bad, bad, asked - bad)
            }
            if defect == .delivers10thLate {
                #expect(result.fate.reordered >= bad - 3)
            } else {
                fate.reordered = result.fate.reordered
            }
            #expect(result.fate == fate)
            #expect(result.statuses["200", default: 0] == fate.accepted)
            #expect(result.statuses["503", default: 0] == fate.refused)
            #expect(result.statuses["0", default: 0] == fate.unanswered)
            #expect(result.response.max >= 300 || defect != .isSlow)
            #expect(result.timeline.reduce(0) { $0 + $1.delivered } == fate.delivered)
            #expect(result.timeline.last?.backlog == fate.lost)
        }

        @Test("Waiting behind a slow answer counts as response time") func coordinatedOmission() async throws {
            let (result, _) = try await FaultyService.measure(.isSlow, connections: 1)
            // A tenth of the requests takes 300 ms, and 30 become due in that time: over one connection nearly all
            // wait.
            #expect(result.response.p50 - result.uncorrected.p50 > 300)
            #expect(result.sending.p50 > 300)
        }

        @Test("A closed loop sends the next request after an answer") func closedLoop() async throws {
            let (result, _) = try await FaultyService.measure(.isSlow, .closed(concurrency: 2))
            #expect(result.fate.asked > 2 && result.fate.asked == result.fate.accepted)
            #expect(result.fate.delivered == result.fate.asked && result.fate.lost == 0)
            #expect(result.response.count == result.uncorrected.count)
        }

        @Test("A sweep ends at the first rate that is not kept") func sweep() async throws {
            let (result, _) = try await FaultyService.measure(.none, rateLimit: 20, sweep: [400, 10, 200])
            #expect(result.sweep.map(\.rate) == [10, 200])
            #expect(result.sweep.map(\.isKept) == [true, false])
        }

        @Test("A service that does not listen is reported") func noService() async throws {
            let benchmark = Benchmark(
                program: "", load: Load(.open(rate: 50), seconds: 0.5, seed: 1), inbox: InboxSettings())
            let target = Target(port: try await freePort())
            let results = await BenchmarkSuite(benchmark, [BenchmarkSubject(target)]).results { _ in }
            #expect(results.first?.fate.unanswered == benchmark.load.schedule().count)
            #expect(results.first?.problem == "no request was answered with 200, only with no answer")
        }

        @Test("Two runs with one seed accept the same mails") func seed() async throws {
            let first = try await FaultyService.measure(.refuses, seed: 11)
            let second = try await FaultyService.measure(.refuses, seed: 11)
            let other = try await FaultyService.measure(.refuses, seed: 12)
            #expect(first.1.run == second.1.run && first.1.schedule() == second.1.schedule())
            #expect(first.0.fate.accepted == second.0.fate.accepted && first.0.fate.refused == second.0.fate.refused)
            #expect(first.1.run != other.1.run && first.1.schedule() != other.1.schedule())
        }
    }
}
