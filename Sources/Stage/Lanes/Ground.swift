import BgdemoBenchmarking
import BgdemoSMTPInbox

/// What all lanes share: one mail server, one Redis, one folder.
struct Ground: Sendable {
    let program: String
    let workspace: BenchmarkWorkspace
    let mailServer: TestMailServer
    /// Each lane has a database of its own in it.
    private let redis: TestRedis?
    /// Channels know no database: two lanes of one strategy would hear each other. The second has a Redis of its own.
    private let second: TestRedis?
    private let inSecond: Set<String>

    static func start(
        _ lanes: [LanePlan], program: String, inbox: InboxSettings, in workspace: BenchmarkWorkspace
    ) async throws -> Ground {
        let redisLanes = lanes.filter(\.subject.needsRedis)
        var seen: Set<String> = []
        let inSecond = Set(redisLanes.filter { !seen.insert($0.subject.name).inserted }.map(\.name))
        async let mailServer = TestMailServer.open(inbox, in: workspace.backgroundTasks)
        async let redis = redisLanes.isEmpty ? nil : TestRedis.start(in: workspace)
        async let second = inSecond.isEmpty ? nil : TestRedis.start(in: workspace, name: "second")
        return try await Ground(
            program: program, workspace: workspace, mailServer: mailServer, redis: redis, second: second,
            inSecond: inSecond)
    }

    private init(
        program: String, workspace: BenchmarkWorkspace, mailServer: TestMailServer, redis: TestRedis?,
        second: TestRedis?, inSecond: Set<String>
    ) {
        (self.program, self.workspace, self.mailServer) = (program, workspace, mailServer)
        (self.redis, self.second, self.inSecond) = (redis, second, inSecond)
    }

    /// The Redis of a lane; nil where it needs none.
    func redis(for lane: LanePlan) -> TestRedis? {
        guard lane.subject.needsRedis else { return nil }
        return inSecond.contains(lane.name) ? second : redis
    }

    var redises: [TestRedis] { [redis, second].compactMap { $0 } }
}
