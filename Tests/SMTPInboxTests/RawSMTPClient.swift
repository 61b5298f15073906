import Foundation
import BgdemoSMTPInbox
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// An SMTP client that says exactly what the test says, and hears every byte.
final class RawSMTPClient {
    struct Closed: Error, Equatable {}

    private let channel: any Channel
    private var incoming: AsyncStream<ByteBuffer>.Iterator
    private var heard: [UInt8] = []

    init(_ port: Int, tls: NIOSSLContext? = nil, reads: Bool = true) async throws {
        let (stream, continuation) = AsyncStream<ByteBuffer>.makeStream()
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil)) }
                    try pipeline.addHandler(LineCollector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        incoming = stream.makeAsyncIterator()
    }

    func send(_ text: String) async throws { try await send(bytes: Array(text.utf8)) }

    func send(bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// The next reply, its lines joined by `\n`.
    func reply() async throws -> String {
        var lines: [String] = []
        while true {
            let line = try await line()
            lines.append(line)
            guard line.dropFirst(3).first == "-" else { return lines.joined(separator: "\n") }
        }
    }

    func replies(_ count: Int) async throws -> [String] {
        var replies: [String] = []
        for _ in 0..<count { replies.append(try await reply()) }
        return replies
    }

    private func line() async throws -> String {
        while true {
            if let end = heard.firstIndex(of: 0x0a) {
                defer { heard.removeFirst(end + 1) }
                return String(decoding: heard[..<end].filter { $0 != 0x0d }, as: UTF8.self)
            }
            guard let more = await incoming.next(isolation: #isolation) else { throw Closed() }
            heard.append(contentsOf: more.readableBytesView)
        }
    }

    /// A command line and its reply.
    @discardableResult
    func ask(_ line: String) async throws -> String {
        try await send(line + "\r\n")
        return try await reply()
    }

    /// Whether the server closes now, without another byte.
    func hearsTheEnd() async -> Bool {
        guard heard.isEmpty else { return false }
        return await incoming.next(isolation: #isolation) == nil
    }

    /// The greeting and EHLO.
    func greet() async throws {
        _ = try await reply()
        try await ask("EHLO client.example")
    }

    /// A whole mail; the reply to its dot.
    func mail(to recipient: String, _ text: String = "Subject: s\r\n\r\nt\r\n") async throws -> String {
        for line in ["MAIL FROM:<a@b.example>", "RCPT TO:<\(recipient)>", "DATA"] {
            let reply = try await ask(line)
            guard reply.first == "2" || reply.first == "3" else { return reply }
        }
        return try await ask(text + ".")
    }

    func startTLS(_ tls: NIOSSLContext) async throws {
        try await channel.eventLoop.submit { [channel] in
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: tls, serverHostname: nil), position: .first)
        }.get()
    }

    func closeOutput() async throws { try await channel.close(mode: .output) }

    func close() async { try? await channel.close() }
}

/// Passes what comes on to a stream.
private final class LineCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<ByteBuffer>.Continuation

    init(_ continuation: AsyncStream<ByteBuffer>.Continuation) {
        self.continuation = continuation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield(unwrapInboundIn(data)) }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            continuation.finish()
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
}

/// Runs a test against an inbox of its own.
func withInbox(
    _ change: (inout InboxSettings) -> Void = { _ in }, _ test: (Inbox) async throws -> Void
) async throws {
    var settings = InboxSettings()
    settings.seed = 1
    change(&settings)
    var logger = Logger(label: "inbox")
    logger.logLevel = .critical
    let inbox = try await Inbox.start(
        settings: settings, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
    do {
        try await test(inbox)
    } catch {
        await inbox.stop(grace: .zero)
        throw error
    }
    await inbox.stop(grace: .zero)
}
