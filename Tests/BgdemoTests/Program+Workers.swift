import RedisClient
import BgdemoTestSupport

extension Program {
    /// Returns when of all processes only this has workers: who died is buried.
    func isAlone(in redis: RedisConnection) async throws {
        while true {
            let processes = try await redis.send("HKEYS", "resque:swift:processes").array?.compactMap(\.text) ?? []
            if processes.count == 1, processes[0].hasSuffix(":\(pid)") { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
