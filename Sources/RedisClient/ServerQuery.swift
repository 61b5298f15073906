import NIOCore

/// Asks servers, one after another, where the data is, each over a connection of its own.
enum ServerQuery {
    /// Why no server said so.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// - Parameters:
    ///   - kind: What the servers are, for the error: "Sentinel".
    ///   - read: The place that a reply names; nil where it names none.
    /// - Returns: What the first says that knows; fails with what the last said where none does.
    static func ask(
        _ servers: ArraySlice<RedisURL>, _ kind: String, _ command: RedisCommand, on loop: any EventLoop,
        _ options: RedisOptions, _ attempt: ConnectionAttempt,
        _ read: @escaping @Sendable (RedisValue, _ by: RedisURL) -> RedisURL?
    ) -> EventLoopFuture<RedisURL> {
        // A dead server is to cost a part of the time that there is, so that another can be asked.
        var options = options
        options.connectTimeout = options.connectTimeout / max(servers.count, 1)
        return ask(servers, kind, command, on: loop, options, attempt, nil, read)
    }

    private static func ask(
        _ servers: ArraySlice<RedisURL>, _ kind: String, _ command: RedisCommand, on loop: any EventLoop,
        _ options: RedisOptions, _ attempt: ConnectionAttempt, _ last: Failure?,
        _ read: @escaping @Sendable (RedisValue, RedisURL) -> RedisURL?
    ) -> EventLoopFuture<RedisURL> {
        guard let server = servers.first else {
            return loop.makeFailedFuture(last ?? Failure("no \(kind) is known"))
        }
        let bound = NIOLoopBound(attempt, eventLoop: loop)
        return ask(server, command, on: loop, options, attempt).flatMapThrowing { reply in
            guard let found = read(reply, server) else { throw Failure("it does not know the server to ask") }
            return found
        }.flatMapError { error in
            let failure = Failure("\(kind) \(server.address): \(error.plainDescription)")
            return ask(servers.dropFirst(), kind, command, on: loop, options, bound.value, failure, read)
        }
    }

    private static func ask(
        _ server: RedisURL, _ command: RedisCommand, on loop: any EventLoop, _ options: RedisOptions,
        _ attempt: ConnectionAttempt
    ) -> EventLoopFuture<RedisValue> {
        var commands: [RedisCommand] = []
        if let password = server.password {
            commands.append(RedisCommand(["AUTH"] + (server.user.map { [$0] } ?? []) + [password]))
        }
        commands.append(command)
        let answer = loop.makePromise(of: [RedisValue].self)
        let limit = options.replyByteLimit
        let (count, bytes) = (commands.count, commands.map(\.bytes))
        let timeout = loop.scheduleTask(in: TimeAmount(options.connectTimeout)) {
            answer.fail(Failure("it does not answer"))
        }
        server.connect(on: loop, options, attempt) {
            SingleQueryHandler(bytes, replies: count, byteLimit: limit, answer)
        }
        .whenFailure { answer.fail($0) }
        return answer.futureResult.always { _ in timeout.cancel() }.flatMapThrowing { replies in
            for case .error(let error) in replies { throw Failure(error.description) }
            return replies.last ?? .null
        }
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
            return answer.fail(ServerQuery.Failure("it is no Redis: \(error.reason)"))
        }
        if replies.count >= count { answer.succeed(replies) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(ServerQuery.Failure("it closed the connection"))
    }
}
