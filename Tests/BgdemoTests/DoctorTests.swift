import Subprocess
import BgdemoTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DoctorTests {
    private func doctor(_ arguments: [String]) async throws
        -> (lines: [String], status: TerminationStatus)
    {
        let (lines, status) = try await withProgram(["doctor", "--port", "0"] + arguments) {
            program in
            try await program.end()
            return program.lines
        }
        return (lines, status)
    }

    @Test("Every part is good where it is")
    func good() async throws {
        _ = try await withProgram(["inbox", "--port", "0", "--page-port", "0"]) { inbox in
            let line = try await inbox.line { $0.hasPrefix("bgdemo inbox") }
            let url = try #require(line.split(separator: " ").first { $0.hasPrefix("smtp://") })
            let (lines, status) = try await doctor(["--smtp-url", String(url)])
            #expect(status == .exited(0), "\(lines)")
            #expect(lines.contains { $0.hasPrefix("good  port: ") })
            #expect(lines.contains { $0.hasPrefix("good  smtp: \(url) answers") && $0.contains("PIPELINING") })
            #expect(lines.contains { $0.hasPrefix("good  redis: ") })
            #expect(lines.contains { $0.hasPrefix("good  limits: ") })
        }
    }

    @Test(
        "A bad part is named with what to do, and the exit is 1",
        arguments: [
            (["--smtp-url", "smtp://127.0.0.1:1"], "bad   smtp: "),
            (["--redis-url", "redis://127.0.0.1:1"], "bad   redis: "),
        ])
    func bad(arguments: [String], finding: String) async throws {
        let (lines, status) = try await doctor(arguments)
        let place = try #require(lines.firstIndex { $0.hasPrefix(finding) }, "\(lines)")
        #expect(lines.dropFirst(place + 1).first?.hasPrefix("      → ") == true)
        #expect(status == .exited(1))
    }
}
