import BgdemoCore
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking

extension SerializedBenchmarks {
    /// Real processes and a real Redis, which lose what they had not forced to disk.
    @Suite(.timeLimit(.minutes(3)), .enabled(if: isLinux, "strace is a tool of Linux")) struct PowerFailureTests {
        private static let spool = DiskOptions(
            directory: "--spool", soon: ["--spool-sync", "never"], beforeAnswer: ["--spool-sync", "always"])

        private static func local(_ disk: DiskOptions) -> BenchmarkSubject {
            BenchmarkSubject(
                "local", semantics: "safe", deployment: .supervised, needsRedis: false, guarantees: .losesNothing,
                disk: disk)
        }

        private func cells(of subject: BenchmarkSubject, _ faults: String...) async throws -> [FaultMatrixCell] {
            let (possible, leftOut) = await Fault.possible(Fault.all.filter { faults.contains($0.name) })
            try #require(leftOut.isEmpty, "\(leftOut)")
            var inbox = InboxSettings()
            inbox.delay = .fixed(.milliseconds(800))
            var runner = FaultMatrixRunner(program: bgdemoPath, subjects: [subject], inbox: inbox)
            runner.faults = possible
            runner.atATime = 2
            return try #require(await runner.matrix { _ in }.rows.first).cells
        }

        @Test("Redis loses what it has not synced, and nothing where it syncs before each answer")
        func redis() async throws {
            let cells = try await cells(
                of: BenchmarkSubject(
                    "resque", semantics: "safe", deployment: .separateWorker, needsRedis: true,
                    guarantees: .losesNothing(except: .powerFailure)), "power-failure", "power-failure-always")
            for cell in cells {
                #expect(cell.problem == nil && cell.isKept && cell.fate.accepted > 50, "\(cell)")
                #expect(cell.recoverySeconds != nil)
                #expect((cell.interrupted?.count ?? 0) > 10)
            }
            // A mail of 0.8 s that was accepted since the last sync is in nobody's hands any more. How many these are, from
            // none to 40, depends on when that was.
            #expect(cells[0].fate.lost <= 60)
            #expect(cells[1].fate.lost == 0)
        }

        @Test("A spool that is synced before the answer loses nothing, one that never is is found out")
        func spools() async throws {
            let cells = try await cells(of: Self.local(Self.spool), "power-failure", "power-failure-always")
            #expect(cells[0].problem == nil && cells[0].fate.lost > 10 && !cells[0].isKept, "\(cells[0])")
            #expect(cells[1].problem == nil && cells[1].fate.lost == 0 && cells[1].isKept, "\(cells[1])")
            #expect(cells[1].fate.accepted > 50)
        }

        @Test("Mails of a worker that was killed on another host come after its lease, and none is lost")
        func otherHost() async throws {
            let cell = try #require(
                try await cells(
                    of: BenchmarkSubject(
                        "resque", semantics: "safe", deployment: .separateWorker, needsRedis: true,
                        guarantees: .losesNothing), "kill-remote-worker"
                ).first)
            #expect(cell.isKept && cell.fate.lost == 0, "\(cell)")
            let mails = try #require(cell.interrupted)
            #expect(mails.count > 10)
            // A lease is waited for, and no longer than is promised.
            #expect((mails.maxSeconds ?? 0) > 5 && (mails.maxSeconds ?? .infinity) < 20, "\(mails)")
        }

        @Test("A fault that cannot be injected says what is missing")
        func obstacle() async {
            let fault = Fault("odd", "odd", obstacle: { "needs a moon" }, inject: { _, _ in })
            let (possible, leftOut) = await Fault.possible([fault])
            #expect(possible.isEmpty && leftOut.map(\.why) == ["needs a moon"])
        }
    }
}
