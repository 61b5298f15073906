import BgdemoBenchmarking
import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoNetSupport
import BgdemoSMTPInbox
import Logging
import BgdemoEmail
import NIOPosix
import BgdemoSMTPClient
import BgdemoCore
import BgdemoTestSupport

/// A service with a defect that affects every tenth mail and must be detected.
struct FaultyService: Strategy {
    enum Defect: String, CaseIterable {
        case none, loses, duplicates, isSlow, refuses, sendsAndSaysNo, delivers10thLate, neverAnswers
    }

    let defect: Defect
    let client: SMTPClient

    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        let result = AcceptResult("queued")
        guard email.subject.last == "3" else {
            client.send(email) { _ in }
            return result
        }
        switch defect {
        case .none: client.send(email) { _ in }
        case .loses: break
        case .duplicates:
            client.send(email) { _ in }
            client.send(email) { _ in }
        case .isSlow:
            client.send(email) { _ in }
            try? await Task.sleep(for: .milliseconds(300))
        case .refuses: throw .full("the backlog is full", retryAfter: .seconds(1))
        case .sendsAndSaysNo:
            client.send(email) { _ in }
            throw .full("it says", retryAfter: .seconds(1))
        case .delivers10thLate:
            let client = client
            Task {
                try? await Task.sleep(for: .milliseconds(300))
                client.send(email) { _ in }
            }
        case .neverAnswers: try? await Task.sleep(for: .seconds(60))
        }
        return result
    }

    /// Measures a service with this defect for a second.
    static func measure(
        _ defect: Defect, _ pace: Load.Pace = .open(rate: 100), connections: Int = 100, seed: UInt64 = 3,
        answerTime: Duration = .seconds(30), rateLimit: Double? = nil, sweep: [Double] = []
    ) async throws -> (StrategyResult, Load) {
        let group = MultiThreadedEventLoopGroup.singleton
        let silent = Logger(label: "double") { _ in SwiftLogNoOpLogHandler() }
        var access = AccessPolicy()
        access.rate = rateLimit.map { TokenBucket(perSecond: $0) }
        let inboxPort = try await freePort()
        let client = try SMTPClient(
            server: SMTPServer(url: "smtp://127.0.0.1:\(inboxPort)"), from: Address("double@example.org"),
            logger: silent)
        let server = try await HTTPServer.start(
            host: "127.0.0.1", port: 0, group: group, logger: silent,
            handler: MailRoute(FaultyService(defect: defect, client: client), access: access))
        var load = Load(pace, seconds: 1, seed: seed)
        load.answerTime = answerTime
        var benchmark = Benchmark(program: "", load: load, inbox: InboxSettings())
        benchmark.load.connections = connections
        benchmark.inboxPort = inboxPort
        benchmark.quietPeriod.quiet = .seconds(1)
        var suite = BenchmarkSuite(benchmark, [BenchmarkSubject(Target(port: server.port))])
        suite.sweep = sweep
        let results = await suite.results { _ in }
        await server.drain(within: .zero)
        await client.close(within: .zero)
        return (results[0], load)
    }
}
