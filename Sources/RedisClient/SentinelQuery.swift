import NIOCore

/// Asks Sentinels, one after another, which server is the primary now.
enum SentinelQuery {
    /// - Returns: The primary's URL; fails with what the last Sentinel said where none knows it.
    static func primary(
        of url: RedisURL, _ sentinel: RedisURL.Sentinel, on loop: any EventLoop, _ options: RedisOptions
    ) -> EventLoopFuture<RedisURL> {
        // A dead Sentinel is to cost a part of the time that there is, so that another can be asked.
        var options = options
        options.connectTimeout = options.connectTimeout / max(sentinel.addresses.count, 1)
        return ask(sentinel.addresses[...], of: url, on: loop, options, nil)
    }

    private static func ask(
        _ addresses: ArraySlice<RedisURL.Sentinel.Address>, of url: RedisURL, on loop: any EventLoop,
        _ options: RedisOptions, _ last: (any Error)?
    ) -> EventLoopFuture<RedisURL> {
        guard let address = addresses.first else {
            return loop.makeFailedFuture(last ?? SentinelError(reason: "no Sentinel is known"))
        }
        return ask(address, of: url, on: loop, options).flatMapError { error in
            ask(addresses.dropFirst(), of: url, on: loop, options, SentinelError(address, error))
        }
    }

    private static func ask(
        _ address: RedisURL.Sentinel.Address, of url: RedisURL, on loop: any EventLoop, _ options: RedisOptions
    ) -> EventLoopFuture<RedisURL> {
        let server = url.sentinel(at: address)
        var commands: [RedisCommand] = []
        if let password = server.password {
            commands.append(RedisCommand(["AUTH"] + (server.user.map { [$0] } ?? []) + [password]))
        }
        commands.append(["SENTINEL", "get-master-addr-by-name", url.sentinel?.master ?? ""])
        let answer = loop.makePromise(of: [RedisValue].self)
        let limit = options.replyByteLimit
        let (count, bytes) = (commands.count, commands.map(\.bytes))
        let timeout = loop.scheduleTask(in: TimeAmount(options.connectTimeout)) {
            answer.fail(SentinelError(reason: "it does not answer"))
        }
        server.connect(on: loop, options) { SingleQueryHandler(bytes, replies: count, byteLimit: limit, answer) }
            .whenFailure { answer.fail($0) }
        return answer.futureResult.always { _ in timeout.cancel() }.flatMapThrowing { replies in
            for reply in replies { _ = try reply.get() }
            guard let parts = replies.last?.array, parts.count == 2, let host = parts[0].text,
                let port = parts[1].int, (1...65_535).contains(port)
            else { throw SentinelError(reason: "it does not know the primary \(url.sentinel?.master ?? "")") }
            return url.primary(host: host, port: port)
        }
    }
}

/// Why no Sentinel named the primary.
struct SentinelError: Error, CustomStringConvertible {
    let description: String

    init(reason: String) { description = reason }

    init(_ address: RedisURL.Sentinel.Address, _ error: any Error) {
        description = "Sentinel \(address.host):\(address.port): \(error.plainDescription)"
    }
}

/// Sends commands over a new connection, collects their replies, and closes it.
private final class SingleQueryHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let commands: [ByteBuffer]
    private let count: Int
    private let answer: EventLoopPromise<[RedisValue]>
    private var decoder: RESPDecoder
    private var replies: [RedisValue] = []

    init(_ commands: [ByteBuffer], replies count: Int, byteLimit: Int, _ answer: EventLoopPromise<[RedisValue]>) {
        (self.commands, self.count, self.answer) = (commands, count, answer)
        decoder = RESPDecoder(byteLimit: byteLimit)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        // The query may have been given up meanwhile.
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        answer.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
    }

    func channelActive(context: ChannelHandlerContext) {
        var out = ByteBuffer()
        for command in commands { out.writeImmutableBuffer(command) }
        context.writeAndFlush(NIOAny(out), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do throws(RESPDecoder.MalformedReply) {
            try decoder.feed(unwrapInboundIn(data))
            while let reply = try decoder.next() { replies.append(reply) }
        } catch {
            return answer.fail(SentinelError(reason: "it is no Sentinel: \(error.reason)"))
        }
        if replies.count >= count { answer.succeed(replies) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(SentinelError(reason: "it closed the connection"))
    }
}
