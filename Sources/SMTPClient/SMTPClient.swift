#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import Logging
public import BgdemoEmail

/// Sends mails to one SMTP server: many side by side, over a bounded number of connections that are kept for the next
/// mail.
///
/// All of it happens on one thread of its own, never on an event loop or a task's thread. Mails begin in the order
/// they came in. Every mail has exactly one outcome:
///
/// - The server's reply decides, wherever it refuses: 4xx is temporary, 5xx permanent, from the banner to the reply to
///   the final dot; a refused password (535) too.
/// - A mail that the server can't carry (too large, SMTPUTF8 needed and not offered) is permanent.
/// - Everything else is a fault of the network or of somebody's configuration, a certificate that does not verify or TLS
///   that is not offered among them. Before the final dot it is temporary: the mail is not to blame and waits until the
///   fault is found. After it, it is unknown.
/// - A kept connection that the server has closed meanwhile is not a fault: the mail goes out over a fresh one.
///
/// A connection that has timed out, or has said something unexpected, is closed and never used again.
public final class SMTPClient: EmailSender {
    let queue: SendQueue

    /// Of the library: `8.5.0`.
    public static var libcurlVersion: String { CurlMulti.version }

    /// Starts the courier's thread. It starts libcurl, and with it OpenSSL, when the first mail comes: until then a
    /// program that waits for mails has 2 MB more.
    ///
    /// - Parameters:
    ///   - from: The sender, in the envelope and in the message.
    ///   - connections: How many there may be at once; further mails wait their turn.
    ///   - backlog: How many mails may wait. Past that a mail ends as temporary, at stage `queue`.
    ///   - caFile: Certificates (PEM) of the authorities to trust instead of the system's.
    public convenience init(
        server: SMTPServer, from: Address, connections: Int = 50, backlog: Int = 100_000,
        timeouts: SMTPTimeouts = SMTPTimeouts(), caFile: String? = nil, logger: Logger
    ) throws(SMTPClientError) {
        try self.init(
            server: server, from: from, connections: connections, backlog: backlog, timeouts: timeouts, caFile: caFile,
            logger: logger, now: { .now })
    }

    init(
        server: SMTPServer, from: Address, connections: Int, backlog: Int, timeouts: SMTPTimeouts, caFile: String?,
        logger: Logger, now: @escaping SMTPClientConnection.Clock
    ) throws(SMTPClientError) {
        guard server.scheme != .discard else { throw SMTPClientError("discard: is no server; use a DiscardingSender") }
        if let caFile, !FileManager.default.isReadableFile(atPath: caFile) {
            throw SMTPClientError("can't read the certificates in \(caFile)")
        }
        let connections = min(max(1, connections), 65_535)
        let queue = SendQueue(backlog: backlog, now: now)
        self.queue = queue
        let isStarted = DedicatedThread.start {
            let multi: CurlMulti
            do throws(CurlMulti.Fault) {
                multi = try queue.open(connections)
            } catch {
                return queue.shut(error.reason)
            }
            SMTPEventLoop(
                queue: queue, multi: multi, server: server, from: from, connections: connections,
                timeouts: timeouts.bounded, now: now, caFile: caFile, logger: logger
            ).run()
        }
        guard isStarted else { throw SMTPClientError("the system gives no thread for the SMTP courier") }
    }

    deinit {
        queue.beginClosing(within: .zero)
    }

    /// Sends one mail and never blocks. The outcome is told on the courier's thread, which all mails share: keep it
    /// short there. Where there is no place for the mail it is told at once, on the caller's.
    public func send(_ email: Email, then tell: @escaping @Sendable (SendOutcome) -> Void) {
        queue.hand(in: .mail(email, tell: tell))
    }

    /// Connects and returns what the server offers, without a mail. TLS and AUTH are part of it.
    public func probe() async -> Result<SMTPCapabilities, SMTPFailure> {
        await withCheckedContinuation { continuation in
            queue.hand(in: .probe { continuation.resume(returning: $0) })
        }
    }

    /// How many mails have a connection, or one that is being opened for them.
    public var inFlight: Int { queue.inFlight }

    /// How many mails wait for a connection.
    public var waiting: Int { queue.waiting }

    /// Takes no more mails, finishes those that were taken, and returns when the thread and the connections are gone. What
    /// is not done within `limit` is cut, and its outcome told: unknown where the final dot was sent, else temporary.
    public func close(within limit: Duration) async {
        await queue.close(within: limit.bounded)
    }
}

/// Why there can be no courier.
public struct SMTPClientError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
