import Logging
import BgdemoEmail
import BgdemoTestSupport
import Synchronization

@testable import BgdemoSMTPClient

/// Runs `body` with a client of a scripted server.
///
/// - Parameter target: Instead of `url`, `password` and `tls`.
func withSMTPClient<Result>(
    to server: ScriptedSMTPServer, url: String? = nil, password: String? = nil, tls: TLSPolicy? = nil,
    from: String = "sender@example.org", connections: Int = 4, backlog: Int = 1000,
    timeouts: SMTPTimeouts = generousTimeouts,
    caFile: String? = nil, clock: ManualClock = ManualClock(), target: SMTPServer? = nil, logger: Logger? = nil,
    _ body: (SMTPClient) async throws -> Result
) async throws -> Result {
    let target =
        try target
        ?? SMTPServer(
            url: url ?? "smtp://127.0.0.1:\(server.port)", secret: password.map { .password($0) }, tls: tls)
    let logger = logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let client = try SMTPClient(
        server: target, from: Address(from), connections: connections, backlog: backlog, timeouts: timeouts,
        caFile: caFile, logger: logger, now: { clock.now })
    do {
        let result = try await body(client)
        await client.close(within: .seconds(1))
        try await server.close()
        return result
    } catch {
        await client.close(within: .zero)
        throw error
    }
}

/// Longer than any test.
let generousTimeouts = SMTPTimeouts(connect: .seconds(60), stage: .seconds(60), dot: .seconds(60), total: .seconds(120))

/// A clock that a test advances, so that no time limit has to be waited for and none is reached because a machine is slow.
final class ManualClock: Sendable {
    private let offset = Mutex(Duration.zero)

    var now: ContinuousClock.Instant { .now + offset.withLock { $0 } }

    func advance(by time: Duration) { offset.withLock { $0 += time } }
}

func email(_ number: Int = 0, to: String = "you@example.org", text: String = "Hello.\n") throws -> Email {
    try Email(to: to, subject: "Mail \(number)", text: text)
}

/// A text of about 900 KB on the wire: more than the kernel takes for a server that does not read.
let longText = String(repeating: "=", count: 300_000)

extension SendOutcome {
    var isSent: Bool { name == "sent" }
}

extension SMTPClient {
    /// Sends ``email(_:to:text:)``.
    func post(_ number: Int = 0, to: String = "you@example.org", text: String = "Hello.\n") async -> SendOutcome {
        do {
            return await send(try email(number, to: to, text: text))
        } catch {
            return .permanent(SMTPFailure(.queue, "the test's own email is invalid: \(error)"))
        }
    }

    /// Sends a mail to a server whose script hangs, and lets `time` pass then until the mail has its outcome: again and
    /// again, for the client may have looked at the clock just before it was advanced.
    func post(
        _ number: Int = 0, text: String = "Hello.\n", outlasting time: Duration, on clock: ManualClock,
        _ server: ScriptedSMTPServer
    ) async throws -> SendOutcome {
        let told = Watched<[SendOutcome]>([])
        send(try email(number, text: text)) { outcome in told.change { $0.append(outcome) } }
        try await server.heard.wait { $0.contains(where: \.isHanging) }
        while told.value.isEmpty {
            clock.advance(by: time)
            queue.wake()
            try await Task.sleep(for: .milliseconds(5))
        }
        return told.value[0]
    }
}
