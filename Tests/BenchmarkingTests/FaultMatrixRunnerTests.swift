import BgdemoCore
import BgdemoSMTPInbox
import Subprocess
import BgdemoTestSupport
import Synchronization
import Testing

@testable import BgdemoBenchmarking

/// Cells of the fault matrix, with real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultMatrixRunnerTests {
    private static func chaos(_ subjects: [BenchmarkSubject], _ faults: [String]) -> FaultMatrixRunner {
        var inbox = InboxSettings()
        inbox.delay = .fixed(.milliseconds(800))
        var chaos = FaultMatrixRunner(program: bgdemoPath, subjects: subjects, inbox: inbox)
        chaos.faults = Fault.all.filter { faults.contains($0.name) }
        chaos.atATime = 2
        return chaos
    }

    @Test("SIGKILL loses mails under way of fire-and-forget and none of resque") func kill() async throws {
        let chaos = Self.chaos(
            [
                BenchmarkSubject(
                    "fire-and-forget", deployment: .single, needsRedis: false,
                    guarantees: .losesNothing(except: .killServer)),
                BenchmarkSubject(
                    "resque", semantics: "safe", deployment: .separateWorker, needsRedis: true,
                    guarantees: .losesNothing),
            ], ["kill-worker", "kill-server"])
        let news = Mutex<[FaultMatrixRunner.Update]>([])
        let matrix = await chaos.matrix { one in news.withLock { $0.append(one) } }
        #expect(matrix.faults.map(\.name) == ["kill-worker", "kill-server"])
        try #require(matrix.rows.map(\.cells.count) == [2, 2])

        let (none, forgotten) = (matrix.rows[0].cells[0], matrix.rows[0].cells[1])
        #expect(!none.applies)
        #expect(forgotten.problem == nil && !forgotten.mustLoseNothing && forgotten.isKept)
        #expect(forgotten.fate.lost > 0 && forgotten.fate.unanswered > 0, "\(forgotten)")
        for cell in matrix.rows[1].cells {
            #expect(cell.mustLoseNothing && cell.isKept, "\(cell)")
            #expect(cell.fate.accepted > 50)
            #expect(cell.deliveredOnce + cell.fate.duplicated >= cell.fate.accepted)
            #expect((cell.recoverySeconds ?? 0) > 0)
        }
        #expect(matrix.isKept)
        #expect(news.withLock { $0.map(\.place) } == [1, 2, 3])
        #expect(news.withLock { $0.allSatisfy { $0.of == 3 } })
    }

    @Test("foreground refuses mails while the mail server is down, local sends them later") func mailServerDown()
        async throws
    {
        let chaos = Self.chaos(
            [
                BenchmarkSubject("foreground", deployment: .single, needsRedis: false),
                BenchmarkSubject(
                    "local", semantics: "safe", deployment: .supervised, needsRedis: false,
                    guarantees: .losesNothing(except: .killMaster)),
            ], ["smtp-down"])
        let matrix = await chaos.matrix { _ in }
        let cells = try matrix.rows.map { try #require($0.cells.first) }
        // The client of foreground got an error; local's mails came late.
        #expect(cells[0].fate.refused > 50 && cells[0].fate.lost == 0)
        #expect(cells[1].fate.accepted == cells[1].fate.asked && cells[1].fate.lost == 0, "\(cells[1])")
        #expect((cells[1].recoverySeconds ?? 0) > 4)
        #expect(matrix.isKept)
    }

    @Test("Mails under way at a fault are followed to the inbox, over several strikes")
    func interruptedMails() async throws {
        var chaos = Self.chaos(
            [
                BenchmarkSubject("fire-and-forget", deployment: .single, needsRedis: false),
                BenchmarkSubject("resque", semantics: "safe", deployment: .separateWorker, needsRedis: true),
            ], ["kill-server", "kill-worker"])
        chaos.strikes = 2
        let matrix = await chaos.matrix { _ in }
        let forgotten = try #require(matrix.rows[0].cells.last)
        let interrupted = try #require(forgotten.interrupted)
        #expect(forgotten.strikes == 2 && interrupted.lost > 10 && interrupted.lost <= forgotten.fate.lost)
        // The worker had the mails of 0.8 s in hand, and the next one sent them.
        let cell = try #require(matrix.rows[1].cells.first)
        let mails = try #require(cell.interrupted)
        #expect(cell.strikes == 2 && mails.lost == 0 && mails.count > 20, "\(cell)")
        #expect((mails.p50Seconds ?? 0) > 0 && (mails.maxSeconds ?? 0) >= (mails.p50Seconds ?? 0))
        #expect((cell.longestRecoverySeconds ?? 0) >= (cell.recoverySeconds ?? .infinity))
        #expect(FaultMatrixText.text(matrix).contains("accepted and not yet in the inbox when the fault came"))
    }

    @Test("A cell that cannot run breaks the guarantee") func cannotRun() async throws {
        var chaos = Self.chaos(
            [
                BenchmarkSubject(
                    "resque", semantics: "safe", deployment: .separateWorker, needsRedis: true,
                    guarantees: .losesNothing)
            ],
            ["kill-worker"])
        chaos.program = "/bin/false"
        let matrix = await chaos.matrix { _ in }
        let cell = try #require(matrix.rows.first?.cells.first)
        #expect(cell.problem?.contains("resque") == true)
        #expect(!matrix.isKept)
    }

    @Test("A stopped run has no unfinished cells") func stop() async {
        let chaos = Self.chaos(
            [BenchmarkSubject("foreground", deployment: .single, needsRedis: false)], ["kill-server", "smtp-down"])
        chaos.stop.set()
        let matrix = await chaos.matrix { _ in }
        #expect(matrix.rows.map(\.cells.count) == [0])
    }

    @Test("The faults are complete, and unknown strategies and the semantics of 2016 guarantee nothing") func faults() {
        #expect(
            Fault.all.map(\.name) == [
                "kill-worker", "kill-remote-worker", "kill-server", "kill-master", "terminate", "stop-worker",
                "smtp-down", "smtp-moody", "bad-address", "smtp-cut", "redis-killed", "redis-cut", "redis-silent",
                "power-failure", "power-failure-always",
            ])
        #expect(Fault.all.map(\.name) == FaultKind.allCases.map(\.rawValue))
        let guarantees = DurabilityGuarantees.losesNothing(except: .killServer)
        #expect(guarantees.mustLoseNothing(under: .terminate) && !guarantees.mustLoseNothing(under: .killServer))
        // A subject without a descriptor guarantees nothing.
        let stranger = BenchmarkSubject("an eighth", deployment: .single, needsRedis: false)
        #expect(FaultKind.allCases.allSatisfy { !stranger.guarantees.mustLoseNothing(under: $0) })
    }
}
