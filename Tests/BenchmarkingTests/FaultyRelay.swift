import BgdemoEmail
import BgdemoSMTPClient
import BgdemoSMTPInbox
import BgdemoTestSupport
import Foundation
import NIOPosix

/// A mail relay with a defect, between a service and the inbox that counts its mails: with it, a service that does everything
/// right is one with that defect, whatever happens to its processes.
actor FaultyRelay {
    enum Defect: String, CaseIterable {
        case none
        /// Of every second mail, by its number.
        case loses, duplicates
        /// The order within each ten is reversed.
        case reorders
        /// Every mail comes ``FaultyRelay/lateness`` later.
        case isLate
    }

    static let lateness = Duration.seconds(3)

    private let defect: Defect
    private var clients: [Int: SMTPClient] = [:]
    private var late: [Task<Void, Never>] = []

    private init(_ defect: Defect) {
        self.defect = defect
    }

    /// Runs a relay while `body` runs.
    ///
    /// - Parameter body: Gets the path of a program that is `bgdemo`, but sends its mails by the relay.
    static func with<Result: Sendable>(
        _ defect: Defect, _ body: (_ program: String) async throws -> Result
    ) async throws -> Result {
        try await withDirectory { directory in
            var settings = InboxSettings()
            settings.keep = 0
            settings.maxConnections = 10_000
            var mails = AsyncStream<CaughtMail> { $0.finish() }
            let inbox = try await Inbox.start(
                settings: settings, group: MultiThreadedEventLoopGroup.singleton, logger: .silentInTests
            ) { mails = $0.arrivals(buffering: 1 << 16) }
            let relay = FaultyRelay(defect)
            let arrivals = mails
            let work = Task { for await mail in arrivals { try await relay.take(mail) } }
            let program = "\(directory)/bgdemo"
            try script(relay: inbox.port).write(toFile: program, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(program)) } catch { result = .failure(error) }
            await inbox.stop(grace: .zero)
            try await work.value
            await relay.close()
            return try result.get()
        }
    }

    /// Names the mail server that it was given in the sender's address, and gives `bgdemo` the relay instead.
    private static func script(relay port: Int) -> String {
        """
        #!/bin/sh
        for argument; do
            case $argument in smtp://*) server=${argument##*:} ;; esac
        done
        exec '\(bgdemoPath)' "$@" --smtp-url smtp://127.0.0.1:\(port) --from "$server@relay.example"

        """
    }

    private func take(_ mail: CaughtMail) throws {
        guard let port = mail.sender.split(separator: "@").first.flatMap({ Int($0) }), let to = mail.recipients.first
        else { return }
        let email = try Email(to: to, subject: mail.subject, text: mail.text)
        let client = try client(port)
        let number = mail.subject.split(separator: "-").last.flatMap { Int($0) } ?? 0
        switch defect {
        case .loses where number % 2 == 0: break
        case .duplicates where number % 2 == 0:
            client.send(email) { _ in }
            client.send(email) { _ in }
        case .reorders: send(email, by: client, after: .milliseconds(100 * (9 - number % 10)))
        case .isLate: send(email, by: client, after: Self.lateness)
        case .none, .loses, .duplicates: client.send(email) { _ in }
        }
    }

    private func send(_ email: Email, by client: SMTPClient, after time: Duration) {
        late.append(
            Task {
                // Cancelled when the relay ends: what is late then is not sent.
                do { try await Task.sleep(for: time) } catch { return }
                client.send(email) { _ in }
            })
    }

    private func client(_ port: Int) throws -> SMTPClient {
        if let client = clients[port] { return client }
        let client = try SMTPClient(
            server: SMTPServer(url: "smtp://127.0.0.1:\(port)"), from: Address("double@relay.example"),
            logger: .silentInTests)
        clients[port] = client
        return client
    }

    private func close() async {
        for task in late {
            task.cancel()
            await task.value
        }
        for client in clients.values { await client.close(within: .zero) }
    }
}
