import BgdemoEmail
import Foundation
import Logging

@testable import BgdemoSMTPClient

/// A mail server of another project, where bob may send with the password `secret`.
struct MailServer: Sendable {
    let port: Int
    /// The file of its certificate, which is for localhost.
    let certificate: String
}

/// Whether the tests run as root, as which alone Postfix and Exim start.
let isRoot = FileManager.default.isWritableFile(atPath: "/root")

/// Runs `body` with a client that logs in as bob.
func withClient(
    of server: MailServer, password: String = "secret", authentication: SMTPAuthentication = .automatic,
    tls: TLSPolicy? = .required, _ body: (SMTPClient) async throws -> Void
) async throws {
    let client = try SMTPClient(
        server: SMTPServer(
            url: "smtp://bob@localhost:\(server.port)", secret: .password(password), tls: tls,
            authentication: authentication),
        from: Address("bob@example.org"), caFile: server.certificate,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
        try await body(client)
    } catch {
        await client.close(within: .zero)
        throw error
    }
    await client.close(within: .seconds(5))
}
