import Foundation
import Subprocess
import BgdemoTestSupport
import Testing

extension SerializedBenchmarks {
    /// However a comparison ends, it leaves no process and no folder.
    @Suite(.timeLimit(.minutes(2))) struct LeftoverTests {
        #if os(Linux)
            @Test(
                "After a signal no process and no folder is left",
                arguments: [
                    ("local", Signal.interrupt, 1 as Int32?), ("resque", .terminate, 1),
                    ("local", .kill, nil as Int32?),
                    ("resque", .kill, nil),
                ])
            func signal(strategy: String, signal: Signal, code: Int32?) async throws {
                let folder = FileManager.default.temporaryDirectory.appending(
                    path: "cmp-\(UInt32.random(in: 0 ... .max))"
                )
                .path
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(atPath: folder) }
                let (_, status) = try await withProgram(
                    ["compare", "--strategies", strategy, "--duration", "60s", "--json", folder + "/result.json"],
                    environment: ["TMPDIR": folder]
                ) { program in
                    _ = try await program.line { $0.contains("in the inbox") }
                    #expect(Processes.withTemporaryFolder(folder).count >= 3)
                    try program.signal(signal)
                    try await program.end()
                }
                if let code {
                    #expect(status == .exited(code))
                    let json = try String(contentsOfFile: folder + "/result.json", encoding: .utf8)
                    #expect(json.contains("\"isComplete\" : false") && json.contains("\"name\" : \"\(strategy)\""))
                }
                // After SIGKILL the reaper cleans up, which takes a moment.
                let end = ContinuousClock.now + .seconds(10)
                while !Processes.withTemporaryFolder(folder).isEmpty, .now < end {
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(Processes.withTemporaryFolder(folder).isEmpty)
                let left = try FileManager.default.contentsOfDirectory(atPath: folder)
                #expect(left.allSatisfy { !$0.hasPrefix("bgdemo-compare") })
            }
        #endif
    }
}
