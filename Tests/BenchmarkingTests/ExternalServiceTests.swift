import BgdemoSMTPInbox
import BgdemoTestSupport
import Foundation
import Subprocess
import Testing

@testable import BgdemoBenchmarking

/// `--target` with `--target-pids`.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ExternalServiceTests {
    @Test("A fault is injected into the processes and the Redis of an external service, which gets a row of the matrix")
    func strike() async throws {
        let matrix = try await SupervisedService.with(bgdemoPath) { service in
            var chaos = FaultMatrixRunner(program: bgdemoPath, subjects: [service.subject], inbox: InboxSettings())
            chaos.faults = Fault.all.filter {
                ["kill-worker", "kill-server", "redis-cut", "redis-killed"].contains($0.name)
            }
            chaos.inboxPort = service.inboxPort
            return await chaos.matrix { _ in }
        }
        let cells = try #require(matrix.rows.first).cells
        #expect(cells.map(\.fault) == ["kill-worker", "kill-server", "redis-killed", "redis-cut"])
        for cell in cells where cell.fault != "redis-killed" {
            #expect(cell.applies && cell.problem == nil && cell.fate.accepted > 20 && cell.fate.lost == 0, "\(cell)")
        }
        // A pid of the server is not known, so it is not killed.
        #expect(cells.contains { $0.fault == "redis-killed" && !$0.applies })
    }

    @Test("What an external service costs is measured: its processes, and the commands to its Redis")
    func costs() async throws {
        let run = try await SupervisedService.with(bgdemoPath) { service in
            var benchmark = Benchmark(
                program: bgdemoPath, load: Load(.open(rate: 40), seconds: 1, seed: 2), inbox: InboxSettings())
            benchmark.inboxPort = service.inboxPort
            return try await benchmark.run(service.subject)
        }
        let result = StrategyResult(BenchmarkSubject("resque", deployment: .separateWorker, needsRedis: true), run)
        #expect((result.redis?.commandsPerMail ?? 0) > 1)
        #expect(Set(result.processes.map(\.name)).isSuperset(of: ["web server", "worker"]))
        #expect(result.processes.allSatisfy { $0.cpuSeconds > 0 })
    }

    @Test("Processor time of children that have ended is known", .enabled(if: isLinux)) func children() async throws {
        let own = ProcessInfo.processInfo.processIdentifier
        let before = try #require(await ProcessTable.rows([own]).first).childrenSeconds
        _ = try await Subprocess.run(
            .name("sh"), arguments: ["-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"], output: .discarded)
        let after = try #require(await ProcessTable.rows([own]).first).childrenSeconds
        #expect(after > before)
    }

    @Test(
        "Pids are numbers or files, one or two",
        arguments: [
            ("12", true), ("12,13", true), ("web.pid,w.pid", true), ("", false), ("1", false), ("-5", false),
            ("12,", false), ("1,2,3", false), ("0", false), ("99999999999", false),
        ])
    func pids(text: String, isValid: Bool) {
        #expect((ExternalProcesses(text) != nil) == isValid)
    }

    @Test("A process that does not come back is said to be missing, with what to do")
    func doesNotComeBack() async throws {
        try await withDirectory { folder in
            let processes = try #require(ExternalProcesses("\(folder)/none.pid"))
            let subject = BenchmarkSubject(Target(port: try await freePort()), processes: processes)
            var chaos = FaultMatrixRunner(program: bgdemoPath, subjects: [subject], inbox: InboxSettings())
            chaos.faults = Fault.all.filter { $0.name == "kill-server" }
            chaos.inboxPort = try await freePort()
            let cell = try #require(await chaos.matrix { _ in }.rows.first?.cells.first)
            #expect(cell.problem != nil)
        }
    }

    @Test("Mails of a service that runs already have other ids in each run, those of our own processes have not")
    func ids() async throws {
        let load = Load(.open(rate: 20), seconds: 0.2, seed: 7)
        let benchmark = Benchmark(program: "", load: load, inbox: InboxSettings())
        let subject = BenchmarkSubject(Target(port: try await freePort()))
        let (first, second) = (try await benchmark.run(subject).load, try await benchmark.run(subject).load)
        #expect(first.run != second.run && first.schedule() == second.schedule() && first.schedule() == load.schedule())
        #expect(Load(.open(rate: 20), seconds: 0.2, seed: 7).run == load.run)
    }

    @Test("What is wrong with the pids or the Redis of a service is said before anything is measured")
    func checks() async throws {
        try await withDirectory { folder in
            let own = ProcessInfo.processInfo.processIdentifier
            try "999999999".write(toFile: "\(folder)/old.pid", atomically: true, encoding: .utf8)
            try "\(own)".write(toFile: "\(folder)/own.pid", atomically: true, encoding: .utf8)
            let cases = [
                (
                    "\(folder)/none.pid",
                    "--target-pids: there is no file \(folder)/none.pid, which should be the web server"
                ),
                (
                    "\(folder)/own.pid,\(folder)/old.pid",
                    "has no pid of a process that runs, which should be the worker"
                ),
                ("999999999", "--target-pids: no process 999999999 runs"),
            ]
            for (pids, text) in cases {
                let error = await #expect(throws: BenchmarkError.self) { try await ExternalProcesses(pids)?.check() }
                #expect(error?.description.contains(text) == true, "\(error as Any)")
            }
            var processes = try #require(ExternalProcesses("\(folder)/own.pid"))
            try await processes.check()
            processes.redisURL = "redis://127.0.0.1:\(try await freePort())"
            let error = await #expect(throws: BenchmarkError.self) { try await processes.check() }
            #expect(error?.description.hasPrefix("--target-redis: ") == true, "\(error as Any)")
            #expect(processes.areFiles && ExternalProcesses("12,13")?.areFiles == false)
            let numbered = BenchmarkSubject(Target(port: 1), processes: ExternalProcesses("12,13"))
            let killing = Fault.all.filter { $0.name.hasPrefix("kill-") || $0.name == "terminate" }
            #expect(killing.allSatisfy { !$0.applies(numbered) })
        }
    }
}
