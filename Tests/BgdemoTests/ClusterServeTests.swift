import BgdemoTestSupport
import Subprocess
import Testing

@Suite("On a Redis Cluster", .timeLimit(.minutes(1)))
struct ClusterServeTests {
    @Test("a namespace whose keys are in several slots is refused, with the way", arguments: ["resque", "queuebus"])
    func namespace(strategy: String) async throws {
        let (lines, status) = try await withProgram(
            [
                "serve", "--strategy", strategy, "--redis-url", "redis+cluster://127.0.0.1:1", "--namespace", "resque",
                "--port", "0",
            ]
        ) { program in
            try await program.end()
            return program.lines
        }
        #expect(status == .exited(64), "\(lines)")
        #expect(lines.contains { $0.contains("resque:{mail}") }, "\(lines)")
    }
}
