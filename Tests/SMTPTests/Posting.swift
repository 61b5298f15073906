import Logging
import Mail
import SMTP
import Support

/// What most tests do: a courier to a scripted server, for as long as `body` runs.
func withCourier<Result>(
    to server: ScriptedSMTPServer, url: String? = nil, password: String? = nil, tls: TLSPolicy? = nil,
    from: String = "sender@example.org", connections: Int = 4, backlog: Int = 1000, timeouts: SMTPTimeouts = patient,
    caFile: String? = nil, _ body: (Courier) async throws -> Result
) async throws -> Result {
    let target = try SMTPServer(url: url ?? "smtp://127.0.0.1:\(server.port)", password: password, tls: tls)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let courier = try Courier(
        server: target, from: Address(from), connections: connections, backlog: backlog, timeouts: timeouts,
        caFile: caFile, logger: logger)
    do {
        let result = try await body(courier)
        await courier.close(within: .seconds(1))
        try await server.close()
        return result
    } catch {
        await courier.close(within: .zero)
        throw error
    }
}

/// Longer than any test.
let patient = SMTPTimeouts(connect: .seconds(60), stage: .seconds(60), dot: .seconds(60), total: .seconds(120))
/// For servers that hang.
let impatient = SMTPTimeouts(
    connect: .seconds(10), stage: .seconds(1), dot: .seconds(1), total: .seconds(20))

func email(_ number: Int = 0, to: String = "you@example.org", text: String = "Hello.\n") throws -> Email {
    try Email(to: to, subject: "Mail \(number)", text: text)
}

/// A text of about 900 KB on the wire: more than the kernel takes for a server that does not read.
let longText = String(repeating: "=", count: 300_000)

extension Outcome {
    var isSent: Bool { word == "sent" }
}

extension Courier {
    /// Sends ``email(_:to:text:)``.
    func post(_ number: Int = 0, to: String = "you@example.org", text: String = "Hello.\n") async -> Outcome {
        do {
            return await send(try email(number, to: to, text: text))
        } catch {
            return .permanent(Failure(.queue, "the test's own email is invalid: \(error)"))
        }
    }
}
