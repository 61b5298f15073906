import Subprocess
import Support
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServeTests {
    @Test("The first line says the strategy, where to send, where mails go, and the page")
    func firstLine() async throws {
        let (line, status) = try await withProgram(["serve", "--port", "0"]) { program in
            try await program.line { $0.hasPrefix("bgdemo foreground") }
        }
        #expect(line.contains("try: curl http://127.0.0.1:"))
        #expect(line.contains("mail smtp://127.0.0.1:"))
        #expect(line.contains("inbox http://127.0.0.1:"))
        #expect(status == .exited(0))
    }

    @Test(
        "Usage errors exit with 64 and one line that says what is wrong",
        arguments: [
            (["serve", "--strategy", "nope"], "foreground"),
            (["serve", "--port", "70000"], "65535"),
            (["serve", "--host", "0.0.0.0"], "--allow-recipient"),
            (["serve", "--role", "worker"], "no worker half"),
            (["serve", "--smtp-url", "http://x"], "smtp"),
            (["serve", "--smtp-url", "gmail"], "--smtp-user"),
            (["serve", "--from", "nobody"], "@"),
            (["serve", "--throttle", "soon"], "soon"),
        ])
    func usage(arguments: [String], says word: String) async throws {
        let (line, status) = try await withProgram(arguments) { program in
            try await program.end()
            return program.lines.joined(separator: " ")
        }
        #expect(line.hasPrefix("Error: "))
        #expect(line.contains(word))
        #expect(status == .exited(64))
    }
}
