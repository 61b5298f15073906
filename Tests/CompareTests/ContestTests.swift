import Compare
import Inbox
import Subprocess
import Support
import Testing

extension Measured {
    @Suite(.timeLimit(.minutes(2))) struct ContestTests {
        private func contest(rate: Double = 50, seconds: Double = 1, delay: ReplyDelay = .fixed(.milliseconds(50)))
            -> Contest
        {
            var inbox = InboxSettings()
            inbox.delay = delay
            return Contest(program: bgdemoPath, load: Load(.open(rate: rate), seconds: seconds, seed: 7), inbox: inbox)
        }

        @Test(arguments: [
            Contender("foreground", shape: .single, needsRedis: false),
            Contender("local", semantics: "safe", shape: .family, needsRedis: false),
            Contender("resque", semantics: "safe", shape: .pair, needsRedis: true),
        ])
        func whatIsAcceptedIsInTheInboxOnce(contender: Contender) async throws {
            let bout = try await contest().run(contender)
            let fate = bout.fate
            #expect(fate.asked == bout.load.schedule().count)
            #expect(fate.accepted == fate.asked)
            #expect(fate.delivered == fate.asked)
            #expect(bout.deliveredOnce == fate.asked)
            #expect(fate.lost == 0 && fate.pending == 0 && fate.duplicated == 0 && fate.deliveredUnaccepted == 0)
            let names =
                contender.parts.map(\.rawValue) + (contender.needsRedis ? ["redis-server"] : []) + ["load and inbox"]
            #expect(Set(bout.processes.map(\.name)) == Set(names))
            #expect(bout.processes.allSatisfy { $0.peakMemoryBytes > 1 << 20 })
        }

        @Test func aKilledWorkerThatIsStartedAgainLosesNothingOfResque() async throws {
            let contender = Contender("resque", shape: .pair, needsRedis: true)
            var contest = contest(delay: .fixed(.milliseconds(250)))
            contest.patience.quiet = .seconds(15)
            let bout = try await contest.run(contender) { contestant in
                try await contestant.sleep(until: .milliseconds(500))
                try await contestant.signal(.kill, to: .worker)
                try await contestant.restart(.worker)
            }
            #expect(bout.fate.accepted > 0)
            #expect(bout.fate.lost == 0)
            #expect(bout.recovery(from: .milliseconds(500)) != nil)
        }

        @Test func aKilledWebServerLosesWhatFireAndForgetHadInHand() async throws {
            let contender = Contender("fire-and-forget", shape: .single, needsRedis: false)
            var contest = contest(rate: 100, delay: .fixed(.milliseconds(250)))
            contest.patience.quiet = .seconds(1)
            let bout = try await contest.run(contender) { contestant in
                try await contestant.sleep(until: .milliseconds(500))
                try await contestant.signal(.kill, to: .webServer)
                try await contestant.restart(.webServer)
            }
            #expect(bout.fate.lost > 5)
            #expect(bout.fate.unanswered > 0)
            #expect(bout.fate.delivered == bout.fate.accepted - bout.fate.lost)
        }
    }
}
