import BgdemoCore
import BgdemoEmail
import BgdemoHTTPServer
import BgdemoMailAPI
import BgdemoNetSupport
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

// bgdemo-http-bench own|nio PORT: the routes of `serve` with a strategy that does nothing, on this project's HTTP server or on
// NIOHTTP1, with nothing but what the routes need.

/// Accepts, and does not send.
struct Nothing: Strategy {
    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult { AcceptResult("unknown") }
}

/// Hands the requests of NIOHTTP1's decoder to a handler, and its responses to NIOHTTP1's encoder.
final class NIOHTTP1Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let handler: any HTTPHandler
    private let executor: LoopExecutor
    private var head: HTTPRequestHead?

    init(_ handler: any HTTPHandler, _ loop: any EventLoop) {
        (self.handler, executor) = (handler, LoopExecutor(loop))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            var fields = HTTPRequest.Fields()
            fields.host = head.headers.first(name: "host")
            fields.accept = head.headers.first(name: "accept")
            let request = HTTPRequest(
                head: HTTPRequest.Head(
                    method: head.method == .GET ? .get : .other, target: head.uri, minorVersion: head.version.minor,
                    fields: fields, keepsAlive: head.isKeepAlive))
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let handler = self.handler
            executor.run {
                let response = await handler.respond(to: request)
                let (connection, context) = bound.value
                connection.write(response, head.version, context)
            }
        }
    }

    private func write(_ response: HTTPResponse, _ version: HTTPVersion, _ context: ChannelHandlerContext) {
        let bytes = response.body.bytes
        let headers: HTTPHeaders = ["Content-Type": response.type.rawValue, "Content-Length": "\(bytes.count)"]
        let head = HTTPResponseHead(version: version, status: .init(statusCode: response.status.code), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

let arguments = CommandLine.arguments
guard arguments.count == 3, let port = Int(arguments[2]) else { fatalError("usage: bgdemo-http-bench own|nio PORT") }
let group = MultiThreadedEventLoopGroup.singleton
let logger = Logger(label: "bgdemo-http-bench")
let routes = MailRouter(pages: [:], mails: MailRoute(Nothing()))
if arguments[1] == "own" {
    let server = try await HTTPServer.start(
        host: "127.0.0.1", port: port, group: group, logger: logger, handler: routes)
    withExtendedLifetime(server) {}
} else {
    _ = try await ServerBootstrap(group: group)
        .serverChannelOption(.backlog, value: 4096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(NIOHTTP1Handler(routes, channel.eventLoop))
            }
        }
        .bind(host: "127.0.0.1", port: port).get()
}
try await Task.sleep(for: .seconds(86_400))
