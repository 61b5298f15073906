import BgdemoCore
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking

extension SerializedBenchmarks {
    /// A service that loses, delays, duplicates or reorders mails is found out in the cells of other hosts, of power failures, of
    /// a service that runs already, and across a network.
    @Suite(.timeLimit(.minutes(3))) struct RelayDetectionTests {
        private static let resque = BenchmarkSubject(
            "resque", semantics: "safe", deployment: .separateWorker, needsRedis: true, guarantees: .losesNothing)

        @Test(
            "A defect is detected on another host and after a power failure",
            .enabled(if: isLinux, "strace and unshare are tools of Linux"), arguments: FaultyRelay.Defect.allCases)
        func cells(defect: FaultyRelay.Defect) async throws {
            let names = ["kill-remote-worker", "power-failure", "power-failure-always"]
            let (faults, leftOut) = await Fault.possible(Fault.all.filter { names.contains($0.name) })
            try #require(leftOut.isEmpty, "\(leftOut)")
            let matrix = try await FaultyRelay.with(defect) { program in
                var runner = FaultMatrixRunner(program: program, subjects: [Self.resque], inbox: InboxSettings())
                runner.faults = faults
                return await runner.matrix { _ in }
            }
            let cells = try #require(matrix.rows.first).cells
            try #require(cells.map(\.fault) == names)
            for cell in cells { check(cell, defect) }
        }

        @Test("A defect is detected in a service that runs already", arguments: FaultyRelay.Defect.allCases)
        func service(defect: FaultyRelay.Defect) async throws {
            let cell = try await FaultyRelay.with(defect) { program in
                try await SupervisedService.with(program) { service in
                    var runner = FaultMatrixRunner(
                        program: program, subjects: [service.subject], inbox: InboxSettings())
                    runner.faults = Fault.all.filter { $0.name == "kill-worker" }
                    runner.inboxPort = service.inboxPort
                    return try #require(await runner.matrix { _ in }.rows.first?.cells.first)
                }
            }
            check(cell, defect)
        }

        @Test("A defect is detected across a network", arguments: FaultyRelay.Defect.allCases)
        func distance(defect: FaultyRelay.Defect) async throws {
            let run = try await FaultyRelay.with(defect) { program in
                var benchmark = Benchmark(
                    program: program, load: Load(.open(rate: 40), seconds: 3, seed: 5), inbox: InboxSettings())
                benchmark.redisNetwork.roundTrip = .fixed(.milliseconds(1))
                benchmark.smtpNetwork.roundTrip = .fixed(.milliseconds(5))
                return try await benchmark.run(Self.resque)
            }
            check(run.fate, defect)
            let result = StrategyResult(Self.resque, run)
            #expect((result.toInbox.p50 >= FaultyRelay.lateness / .milliseconds(1)) == (defect == .isLate))
            #expect(result.toInbox.p50 >= 5)
        }

        private func check(_ cell: FaultMatrixCell, _ defect: FaultyRelay.Defect) {
            #expect(cell.problem == nil, "\(cell)")
            check(cell.fate, defect, mayLose: cell.fault == "power-failure")
            if defect == .loses { #expect(!cell.mustLoseNothing || !cell.isKept, "\(cell)") }
            guard defect == .isLate else { return }
            let lateness = FaultyRelay.lateness / .seconds(1)
            #expect((cell.recoverySeconds ?? 0) >= lateness, "\(cell)")
            // Those that the relay had: of the last three seconds.
            #expect((cell.interrupted?.count ?? 0) > 20, "\(cell)")
            #expect((cell.interrupted?.p50Seconds ?? 0) > lateness / 2, "\(cell)")
        }

        /// - Parameter mayLose: A power failure may lose the mails of up to two seconds.
        private func check(_ fate: DeliveryOutcome, _ defect: FaultyRelay.Defect, mayLose: Bool = false) {
            // On a busy machine a power failure lasts longer, and fewer of the 120 requests are accepted.
            #expect(fate.accepted > 45, "\(fate)")
            // Mails of even numbers are about half of those that arrive; 30 are more than a fault affects by itself.
            #expect(defect == .loses ? fate.lost >= fate.accepted / 3 : fate.lost == 0 || mayLose, "\(fate)")
            let arrived = fate.accepted - fate.lost
            #expect(defect == .duplicates ? fate.duplicated >= arrived / 4 : fate.duplicated <= 30, "\(fate)")
            // After a fault the mails that waited are sent all at once, and overtake each other.
            let most = Double(fate.accepted) * 0.65
            #expect(Double(fate.reordered) > most ? defect == .reorders : defect != .reorders, "\(fate)")
        }
    }
}
