import BgdemoBenchmarking
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Synchronization
import Testing

@testable import BgdemoStage

/// The stage with real processes, which load the machine. One after the other.
@Suite(.serialized, .timeLimit(.minutes(4))) struct StageTests {
    /// Counts the mails of a lane in the inbox by itself.
    final class Counter: ArrivalRecorder {
        let run: String
        private let copies = Mutex<[Int: Int]>([:])

        init(_ run: String) { self.run = run }

        func arrived(_ number: Int, at now: Int64) { copies.withLock { $0[number, default: 0] += 1 } }

        var ids: Int { copies.withLock(\.count) }
        var twice: Int { copies.withLock { $0.values.reduce(0) { $0 + $1 - 1 } } }
        func has(_ number: Int) -> Bool { copies.withLock { $0[number] != nil } }
    }

    static func stage<Result>(
        _ lanes: [LanePlan], record: String? = nil, _ body: (Stage) async throws -> Result
    ) async throws -> Result {
        var settings = Stage.Settings(program: bgdemoPath, lanes: lanes, script: .talk(lanes))
        settings.record = record
        return try await Stage.open(settings, body)
    }

    static func act(_ stage: Stage, _ text: String) async throws { try await stage.act(StageAction(text)) }

    /// Polls until a condition holds.
    static func wait(
        within limit: Duration = .seconds(30), _ what: String, until isTrue: () async -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while await !isTrue() {
            guard ContinuousClock.now < deadline else { throw StageError("not within \(limit): \(what)") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Sends mails one after another until one is accepted: a web server that has just started, or whose Redis has just come
    /// back, may refuse some.
    ///
    /// - Returns: Its number.
    static func sendAccepted(_ stage: Stage, _ lane: Lane) async throws -> Int {
        while true {
            let number = lane.update(\.ledger.next)
            try await act(stage, "send 1")
            try await wait("an answer") { lane.update { ($0.ledger.mails[number]?.answeredAt ?? -1) >= 0 } }
            if lane.update({ $0.ledger.mails[number]?.isAccepted == true }) { return number }
        }
    }

    @Test("Every mail of every lane is in the inbox, and the score says what the inbox says")
    func score() async throws {
        let plans = [
            LanePlan.foreground, .fireAndForget, .local, .pubSub, .resque, .eventr, .queueBus, .originalPubSub,
        ]
        try await Self.stage(plans) { stage in
            let counters = stage.lanes.map { Counter($0.run) }
            for counter in counters { stage.ground.mailServer.add(counter) }
            try await Self.act(stage, "send 10 all")
            try await Self.wait("all mails") { stage.lanes.allSatisfy { $0.update(\.ledger.score).delivered == 10 } }
            for (lane, counter) in zip(stage.lanes, counters) {
                let score = lane.update(\.ledger.score)
                #expect(score.asked == 10 && score.answered == 10 && score.notYet == 0, "\(lane.plan.name)")
                #expect(counter.ids == score.delivered && counter.twice == score.twice, "\(lane.plan.name)")
            }
        }
    }

    @Test(
        "A killed worker is dead, another takes its place, and the mails in its hand come back",
        arguments: [
            LanePlan.resque, .local,
        ])
    func killWorker(plan: LanePlan) async throws {
        try await Self.stage([plan]) { stage in
            let lane = stage.lanes[0]
            let counter = Counter(lane.run)
            stage.ground.mailServer.add(counter)
            try await Self.act(stage, "smtp-slow")
            try await Self.act(stage, "send 3")
            try await Self.wait("mails in the worker's hand") {
                lane.update { state in
                    state.ledger.missing.count { number in
                        if case .process(let pid) = state.ledger.mails[number]?.place {
                            pid == state.processes[.worker]?.pid
                        } else {
                            false
                        }
                    } == 3
                }
            }
            let pid = try #require(lane.update(\.processes)[.worker]?.pid)
            try await Self.act(stage, "kill-worker")
            try await Self.wait("the end of the process") { kill(pid, 0) != 0 }
            try await Self.act(stage, "smtp-up")
            try await Self.wait("another worker") {
                lane.update { $0.processes[.worker].map { $0.pid != pid && $0.state == .up } ?? false }
            }
            try await Self.wait("the victim's mails") { counter.ids == 3 }
            #expect(lane.update(\.ledger.score).delivered == 3)
        }
    }

    @Test("The hands do to the processes, the mail server and Redis what they say")
    func hands() async throws {
        try await Self.stage([.resque]) { stage in
            let lane = stage.lanes[0]
            func delivered() -> Int { lane.update(\.ledger.score).delivered }
            let server = try #require(lane.update(\.processes)[.webServer]?.pid)
            let worker = try #require(lane.update(\.processes)[.worker]?.pid)
            try await Self.act(stage, "stop-worker")
            try await Self.wait("the stopped worker") { Processes.state(of: worker) == "T" }
            try await Self.act(stage, "send 1")
            try await Self.wait("the answer") { lane.update(\.ledger.score).answered == 1 }
            #expect(delivered() == 0)
            try await Self.act(stage, "continue-worker")
            try await Self.wait("its mail") { delivered() == 1 }

            try await Self.act(stage, "kill-server")
            try await Self.wait("the end of the web server") { kill(server, 0) != 0 }
            try await Self.wait("another web server") {
                lane.update { $0.processes[.webServer].map { $0.pid != server && $0.state == .up } ?? false }
            }

            try await Self.act(stage, "smtp-down")
            let failing = try await Self.sendAccepted(stage, lane)
            try await Self.wait("a failed attempt") {
                lane.update { state in
                    state.ledger.mails[failing].map { $0.place == .queue && $0.isMissing } ?? false
                }
            }
            try await Self.act(stage, "smtp-421")
            try await Self.act(stage, "heal")
            try await Self.wait(within: .seconds(60), "its mail") { delivered() == 2 }

            let redis = try #require(lane.redis)
            let pid = redis.pid
            try await Self.act(stage, "redis-killed")
            #expect(redis.pid != pid && kill(pid, 0) != 0)
            try await Self.act(stage, "redis-cut")
            try await Self.act(stage, "redis-silent")
            try await Self.wait("the stopped Redis") { Processes.state(of: redis.pid) == "T" }
            try await Self.wait("Redis after 5 s") { Processes.state(of: redis.pid) != "T" }
            _ = try await Self.sendAccepted(stage, lane)
            try await Self.wait(within: .seconds(60), "its mail") { delivered() == 3 }
            try await Self.wait("no fault is on") { stage.state.withLock(\.faults).isEmpty }
            await #expect(throws: StageError.self) { try await Self.act(stage, "kill-master") }
        }
    }

    @Test("Who comes later sees the same, and the record has every mail")
    func record() async throws {
        try await withDirectory { folder in
            let path = folder.string + "/record.ndjson"
            try await Self.stage([.foreground], record: path) { stage in
                try await Self.act(stage, "send 5")
                try await Self.wait("the mails") { stage.lanes[0].update(\.ledger.score).delivered == 5 }
                let lines = try #require(stage.watch())
                var kinds: [String] = []
                for await line in lines {
                    kinds.append(line)
                    if line.contains("\"delivered\":5") { break }
                }
                #expect(kinds.contains { $0.contains("\"stage\":") } && kinds.contains { $0.contains("\"process\":") })
            }
            let record = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            #expect(record.first?.contains("\"stage\":{\"version\":1") == true)
            let arrived = record.reduce(0) { $0 + $1.components(separatedBy: ",\"i\"]").count - 1 }
            #expect(arrived == 5)
            #expect(record.last?.contains("\"delivered\":5") == true)
        }
    }
}
