import BgdemoNetSupport
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// A mail catcher: an SMTP server that keeps what it gets, and that can be made slow, full, flaky or broken.
public final class Inbox: Sendable {
    /// The mails that came.
    public let mails: MailStore
    private let listener: any Channel
    private let connections: ConnectionRegistry
    private let isImplicitTLS: Bool
    private let context: InboxContext

    /// Listens, and catches at once.
    ///
    /// - Parameters:
    ///   - port: 0 takes any free port; ``port`` then says which.
    ///   - opening: Called with the store before the first client can connect: a reader that must miss no mail asks it for
    ///     its ``MailStore/arrivals(buffering:)`` here.
    /// - Throws: ``InboxError`` where the port is taken, the settings contradict each other, or a file can't be used.
    public static func start(
        host: String = "127.0.0.1", port: Int = 0, settings: InboxSettings = InboxSettings(),
        group: any EventLoopGroup, logger: Logger, opening: (MailStore) -> Void = { _ in }
    ) async throws -> Inbox {
        let inbox = try await InboxContext(settings, logger: logger)
        opening(inbox.mails)
        let tls = try await InboxTLS(settings.tls)
        let connections = ConnectionRegistry(limit: settings.maxConnections)
        let isImplicitTLS = settings.tls?.isImplicit ?? false
        let bootstrap = ServerBootstrap.listening(on: group, logger: logger) { channel in
            guard let number = connections.admit(channel) else { return }
            let pipeline = channel.pipeline.syncOperations
            if isImplicitTLS, let tls { try pipeline.addHandler(tls.handler()) }
            try pipeline.addHandler(InboxConnection(number: number, inbox: inbox, tls: tls))
        }
        do {
            let listener = try await bootstrap.bind(host: host, port: port).get()
            return Inbox(inbox, listener, connections, isImplicitTLS)
        } catch {
            throw InboxError("no mails can be caught: \(BindError(host: host, port: port, error))")
        }
    }

    private init(
        _ context: InboxContext, _ listener: any Channel, _ connections: ConnectionRegistry, _ isImplicitTLS: Bool
    ) {
        self.context = context
        mails = context.mails
        self.listener = listener
        self.connections = connections
        self.isImplicitTLS = isImplicitTLS
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    /// `smtp://127.0.0.1:1025`; `smtps://…` where TLS comes first.
    public var url: String {
        let host = listener.localAddress?.ipAddress ?? "127.0.0.1"
        return "\(isImplicitTLS ? "smtps" : "smtp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Each mail that comes from now on, until the inbox stops. A reader that falls more than `buffering` mails behind
    /// misses the newest, and the log says so.
    public func arrivals(buffering: Int = 16_384) -> AsyncStream<CaughtMail> {
        mails.arrivals(buffering: buffering)
    }

    /// Behaves by this delay and these faults from now on. Connections stay open.
    ///
    /// - Throws: ``InboxError`` where the faults of a stage are more likely than certain.
    public func change(delay: ReplyDelay, faults: [InboxFault]) throws(InboxError) {
        try context.change(delay: delay, faults: faults)
    }

    /// Stops listening, gives the replies that are due within `grace`, says 421 to every client, and returns when the last
    /// connection is gone.
    public func stop(grace: Duration = .seconds(2)) async {
        try? await listener.close()
        await connections.close(grace: grace, on: listener.eventLoop)
        mails.close()
    }
}
