import BgdemoSMTPInbox
import BgdemoTestSupport
import Logging
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ReadinessTests {
    @Test(
        "/readyz is 503 and says why while the mail server can't be used, and 200 again when it is back, without a mail"
    )
    func mailServer() async throws {
        let port = try await freePort()
        let arguments = ["serve", "--port", "0", "--smtp-url", "smtp://127.0.0.1:\(port)?tls=off"]
        _ = try await withProgram(arguments) { program in
            let web = try await program.port()
            #expect(try await fetch("/readyz", port: web).status == 200)
            #expect(try await fetch("/you@example.org/s/t", port: web).status == 500)
            let away = try await fetch("/readyz", port: web)
            #expect(away.status == 503)
            #expect(away.text.contains("the mail server can't be used"), "\(away.text)")
            let inbox = try await Inbox.start(
                port: port, group: MultiThreadedEventLoopGroup.singleton.next(), logger: .silentInTests)
            let deadline = ContinuousClock.now + .seconds(20)
            var status = 503
            while status != 200, .now < deadline {
                status = try await fetch("/readyz", port: web).status
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(status == 200)
            await inbox.stop()
        }
    }
}
