import NIOCore
import NIOPosix
public import NIOSSL

/// An SMTP server that does at each point of the conversation what the test's script says, and keeps what it heard.
public final class ScriptedSMTPServer: Sendable {
    /// A point of the conversation where the script is asked.
    public enum Point: String, Sendable, CaseIterable {
        case banner, ehlo, starttls, auth, mail, rcpt, data
        /// The first bytes of the text have come.
        case text
        case dot
        /// The mail is done, the connection could carry another.
        case rest
        case rset, quit
    }

    /// Where the conversation stands, each counted from 1.
    public struct Place: Sendable {
        public let point: Point
        public let connection: Int
        /// Which mail of this connection it is, or would be.
        public let mail: Int
        /// The client's last line.
        public let line: String
    }

    public enum Act: Sendable {
        case say(String)
        /// These bytes, without a line end.
        case sayRaw(String)
        case sayAndCut(String)
        case sayAndHang(String)
        case cut
        /// Not a word, and nothing is read any more.
        case hang
    }

    /// What was heard on one connection.
    public struct Heard: Sendable {
        public var commands: [String] = []
        /// The texts as they came over the wire: dots stuffed, without the final dot's line.
        public var texts: [[UInt8]] = []
        public var isEncrypted = false
        /// The script hangs here.
        public var isHanging = false
        public var isClosed = false
    }

    public typealias Script = @Sendable (Place) -> Act?

    /// The connections in the order they came.
    public let heard: Watched<[Heard]>
    private let listener: any Channel
    private let channels: Watched<[any Channel]>

    /// Serves on a free port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - extensions: The reply to EHLO. STARTTLS is what the test makes it: offered only where it is listed.
    ///   - tls: For STARTTLS, or from the first byte where `isTLSFirst`.
    ///   - script: What to do at a point; nil goes on as a server should.
    public static func start(
        extensions: [String] = ["PIPELINING", "8BITMIME"], tls: NIOSSLContext? = nil, isTLSFirst: Bool = false,
        script: @escaping Script = { _ in nil }
    ) async throws -> ScriptedSMTPServer {
        let heard = Watched<[Heard]>([])
        let channels = Watched<[any Channel]>([])
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            // Small segments and a small buffer, so that a long text stands still when it is not read: the sender's kernel
            // takes by the segment (this is TCP_MAXSEG).
            .serverChannelOption(.tcpOption(NIOBSDSocket.Option(rawValue: 2)), value: 1000)
            .childChannelOption(.socketOption(.so_rcvbuf), value: 16_384)
            .childChannelInitializer { channel in
                channels.change { $0.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls, isTLSFirst {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedSMTPHandler(
                            heard: heard, extensions: extensions, tls: tls, isEncrypted: isTLSFirst, script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ScriptedSMTPServer(listener: listener, channels: channels, heard: heard)
    }

    private init(listener: any Channel, channels: Watched<[any Channel]>, heard: Watched<[Heard]>) {
        (self.listener, self.channels) = (listener, channels)
        self.heard = heard
    }

    public var port: Int { listener.localAddress?.port ?? 0 }

    /// Says these bytes on every connection that is open.
    public func sayToAll(_ text: String) {
        for channel in channels.value { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    }

    public func close() async throws { try await listener.close() }
}

extension Watched<[ScriptedSMTPServer.Heard]> {
    /// All texts of all connections.
    public var texts: [[UInt8]] { value.flatMap(\.texts) }
}
