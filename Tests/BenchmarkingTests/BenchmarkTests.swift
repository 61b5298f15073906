import BgdemoSMTPInbox
import Subprocess
import BgdemoTestSupport
import Testing

@testable import BgdemoBenchmarking

extension SerializedBenchmarks {
    @Suite(.timeLimit(.minutes(2))) struct BenchmarkTests {
        private func benchmark(rate: Double = 50, seconds: Double = 1, delay: ReplyDelay = .fixed(.milliseconds(50)))
            -> Benchmark
        {
            var inbox = InboxSettings()
            inbox.delay = delay
            return Benchmark(
                program: bgdemoPath, load: Load(.open(rate: rate), seconds: seconds, seed: 7), inbox: inbox)
        }

        @Test(
            "Each accepted mail is in the inbox once, and each process has its cost",
            arguments: [
                BenchmarkSubject("foreground", deployment: .single, needsRedis: false),
                BenchmarkSubject("local", semantics: "safe", deployment: .supervised, needsRedis: false),
                BenchmarkSubject("resque", semantics: "safe", deployment: .separateWorker, needsRedis: true),
            ])
        func deliveredOnce(subject: BenchmarkSubject) async throws {
            let run = try await benchmark().run(subject)
            let fate = run.fate
            #expect(fate.asked == run.load.schedule().count)
            #expect(fate.accepted == fate.asked)
            #expect(fate.delivered == fate.asked)
            #expect(run.deliveredOnce == fate.asked)
            #expect(fate.lost == 0 && fate.pending == 0 && fate.duplicated == 0 && fate.deliveredUnaccepted == 0)
            let names =
                subject.roles.map(\.rawValue) + (subject.needsRedis ? ["redis-server"] : []) + ["load and inbox"]
            #expect(Set(run.processes.map(\.name)) == Set(names))
            #expect(run.processes.allSatisfy { $0.peakMemoryBytes > 1 << 20 })
        }

        @Test("Each round trip to Redis and to the mail server takes the latency of a proxy")
        func latency() async throws {
            let resque = BenchmarkSubject("resque", semantics: "safe", deployment: .separateWorker, needsRedis: true)
            let near = benchmark(delay: .none)
            var far = near
            far.redisNetwork.roundTrip = .uniform(.milliseconds(100), .milliseconds(120))
            far.smtpNetwork.roundTrip = .fixed(.milliseconds(50))
            let (here, there) = (try await near.run(resque), try await far.run(resque))
            for run in [here, there] { #expect(run.fate.accepted == run.fate.asked && run.fate.lost == 0) }
            let (fast, slow) = (StrategyResult(resque, here), StrategyResult(resque, there))
            // The answer takes a round trip to Redis. The mail takes half of one to Redis, half of one to the worker, and at
            // least one and a half to the mail server.
            #expect(fast.response.min < 100 && slow.response.min >= 100)
            #expect(fast.toInbox.min < 150 && slow.toInbox.min >= 150)
        }

        @Test("resque loses no mail while connections to Redis and the mail server are cut") func cutConnections()
            async throws
        {
            let resque = BenchmarkSubject("resque", semantics: "safe", deployment: .separateWorker, needsRedis: true)
            var benchmark = benchmark(delay: .none)
            (benchmark.redisNetwork.cutEvery, benchmark.smtpNetwork.cutEvery) = (.milliseconds(300), .milliseconds(300))
            benchmark.arguments = ["--attempts", "20", "--retry-delay", "100ms", "--retry-cap", "1s"]
            benchmark.quietPeriod = QuietPeriod(linger: .seconds(1), quiet: .seconds(10), limit: .seconds(60))
            let run = try await benchmark.run(resque)
            #expect(run.fate.accepted > 0 && run.fate.lost == 0 && run.fate.pending == 0)
        }

        @Test("resque loses no mail when its worker is killed and restarted") func killedWorker() async throws {
            let subject = BenchmarkSubject("resque", deployment: .separateWorker, needsRedis: true)
            var benchmark = benchmark(delay: .fixed(.milliseconds(250)))
            benchmark.quietPeriod.quiet = .seconds(15)
            let run = try await benchmark.run(subject) { running in
                try await running.sleep(until: .milliseconds(500))
                try await running.signal(.kill, to: .worker)
                try await running.restart(.worker)
            }
            #expect(run.fate.accepted > 0)
            #expect(run.fate.lost == 0)
            #expect(run.recovery(from: .milliseconds(500)) != nil)
        }

        @Test("fire-and-forget loses the mails under way when its web server is killed") func killedWebServer()
            async throws
        {
            let subject = BenchmarkSubject("fire-and-forget", deployment: .single, needsRedis: false)
            var benchmark = benchmark(rate: 100, delay: .fixed(.milliseconds(250)))
            benchmark.quietPeriod.quiet = .seconds(1)
            let run = try await benchmark.run(subject) { running in
                try await running.sleep(until: .milliseconds(500))
                try await running.signal(.kill, to: .webServer)
                try await running.restart(.webServer)
            }
            #expect(run.fate.lost > 5)
            #expect(run.fate.unanswered > 0)
            #expect(run.fate.delivered == run.fate.accepted - run.fate.lost)
        }
    }
}
