#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
public import BgdemoEmail
import BgdemoFoundations
public import Logging

/// Sends mails to one SMTP server: many side by side, over a bounded number of connections that are kept for the next
/// mail.
///
/// All of it happens on one thread of its own, never on an event loop or a task's thread. Mails begin in the order in
/// which they came. Every mail has exactly one outcome:
///
/// - What the server replies to MAIL, RCPT, DATA and the final dot decides about this mail: 4xx is temporary, 5xx
///   permanent.
/// - What the server refuses before, and 421, 530 and 535 at any time, is about the session and not the mail: temporary,
///   whatever the code (``Email/SMTPFailure/concernsSession``). It is logged once, and ``sessionFailure`` has it as long
///   as it lasts.
/// - A mail that the server can't carry (too large, SMTPUTF8 needed and not offered) is permanent.
/// - Everything else is a fault of the network or of a configuration, a certificate that does not verify or TLS that is
///   not offered among them. Before the final dot it is temporary. After it, it is unknown.
/// - A kept connection that the server has closed meanwhile is not a fault: the mail goes out over a fresh one.
///
/// A connection that has timed out, or on which something unexpected was said, is closed and never used again.
public final class SMTPClient: EmailSender {
    let queue: SendQueue

    /// Of the library: `8.5.0`.
    public static var libcurlVersion: String { CurlMulti.version }

    /// Starts the client's thread. libcurl, and with it OpenSSL, is started by the first mail: until then a program that
    /// waits for mails saves 2 MB.
    ///
    /// - Parameters:
    ///   - from: The sender, in the envelope and in the message.
    ///   - connections: How many there may be at once; further mails wait. Default: 50.
    ///   - backlog: How many mails may wait. Past that a mail ends as temporary, at stage `queue`. Default: 100,000.
    ///   - timeouts: Default: see ``SMTPTimeouts``.
    ///   - caFile: Certificates (PEM) of the authorities to trust. Default: the system's.
    /// - Throws: ``SMTPClientError`` where the server is `discard:`, `caFile` can't be read, or there is no thread.
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
        guard server.scheme != .discard else {
            throw SMTPClientError("discard: is no server; use a DiscardingSender")
        }
        if let caFile, !FileManager.default.isReadableFile(atPath: caFile) {
            throw SMTPClientError("can't read the certificates in \(caFile)")
        }
        let connections = min(max(1, connections), Self.mostConnections)
        let queue = SendQueue(backlog: backlog, now: now)
        self.queue = queue
        let isStarted = DedicatedThread.start {
            let multi: CurlMulti
            do throws(CurlError) {
                multi = try queue.open(connections)
            } catch {
                return queue.finish(error.reason)
            }
            SMTPEventLoop(
                queue: queue, multi: multi, server: server, from: from, connections: connections,
                timeouts: timeouts.bounded, now: now, caFile: caFile, logger: logger
            ).run()
        }
        guard isStarted else { throw SMTPClientError("the system gives no thread for the SMTP client") }
    }

    /// No host has more ports for connections to one server.
    private static let mostConnections = 65_535

    deinit {
        queue.beginClosing(within: .zero)
    }

    /// Sends one mail and never blocks. `completion` is called on the client's thread, which all mails share: keep it
    /// short there. Where there is no place for the mail it is called at once, on the caller's.
    ///
    /// - Parameter isWanted: Asked on the client's thread before MAIL, and before each part of the text is sent. After the
    ///   part with the final dot nothing can be taken back.
    public func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (SendOutcome) -> Void
    ) {
        queue.enqueue(.mail(email, isWanted: isWanted, completion: completion))
    }

    /// Connects and returns what the server offers, without a mail. TLS and the login are part of it.
    public func probe() async -> Result<SMTPCapabilities, SMTPFailure> {
        await withCheckedContinuation { continuation in
            queue.enqueue(.probe { continuation.resume(returning: $0) })
        }
    }

    /// How many mails have a connection, or one that is being opened for them.
    public var inFlight: Int { queue.inFlight }

    /// How many mails wait for a connection.
    public var waiting: Int { queue.waiting }

    /// What stood between this client and the server when the last mail ended, such as a refused login; nil where the
    /// session worked, or nothing was sent yet.
    public var sessionFailure: SMTPFailure? { queue.sessionFailure }

    /// Takes no more mails, finishes those that were taken, and returns when the thread and the connections are gone. What
    /// is not done within `limit` is cut: unknown where the final dot was sent, else temporary.
    public func close(within limit: Duration) async {
        await queue.close(within: limit.bounded)
    }
}

/// Why an ``SMTPClient`` can't start.
public struct SMTPClientError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
