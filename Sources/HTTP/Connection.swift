import DequeModule
import NIOCore

/// One client's connection: reads requests, has each answered, writes the answers in the order of the requests.
///
/// All its state belongs to its event loop. A request runs as a task on that loop from the first instruction, so that
/// a handler that never waits is answered within the read that brought the request, in one write with its neighbours.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request whose answer is awaited, or is ready behind one that is.
    private struct Turn {
        let head: Request.Head
        let began: NIODeadline
        var response: Response?
    }

    private let handler: any Handler
    private let limits: Limits
    private let watch: any ConnectionWatch
    private let executor: LoopExecutor
    private var decoder: RequestDecoder
    private var turns = Deque<Turn>()
    /// The number of the first turn in `turns`; an answer names its turn by number.
    private var firstTurn = 0
    private var out = ByteBuffer()
    private var date = DateLine()
    private var clock = Deadline()
    private var isReading = false
    private var isPaused = false
    /// No more requests are read: the client, an error, or the server has said so.
    private var isLast = false
    private var hasEnded = false

    init(handler: any Handler, limits: Limits, watch: any ConnectionWatch, loop: any EventLoop) {
        self.executor = LoopExecutor(loop)
        self.handler = handler
        self.limits = limits
        self.watch = watch
        self.decoder = RequestDecoder(limits: limits)
    }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        wait(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the last request the rest is read past, so that closing does not reset the answer's way.
        guard !isLast else { return }
        isReading = true
        decoder.append(unwrapInboundIn(data))
        readRequests(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush(context)
    }

    private func readRequests(_ context: ChannelHandlerContext) {
        do throws(Problem) {
            while !isLast, turns.count < limits.pipelined, let event = try decoder.next() {
                switch event {
                case .request(let request): take(request, context)
                case .expectsContinue: out.writeString("HTTP/1.1 100 Continue\r\n\r\n")
                }
            }
            pause(turns.count >= limits.pipelined, context)
        } catch {
            refuse(error, context)
        }
        wait(context)
    }

    private func take(_ request: Request, _ context: ChannelHandlerContext) {
        let number = firstTurn + turns.count
        turns.append(Turn(head: request.head, began: .now()))
        isLast = !request.head.keepsAlive
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let handler = self.handler
        executor.run {
            let response = await handler.respond(to: request)
            let (connection, context) = bound.value
            connection.answer(number, response, context)
        }
    }

    /// Answers what broke the protocol, after the answers before it, and ends the connection.
    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        isLast = true
        let head = Request.Head(
            method: .other, target: "", minorVersion: 1, fields: Request.Fields(), keepsAlive: false)
        turns.append(Turn(head: head, began: .now(), response: problem.response))
        writeAnswers(context)
    }

    // MARK: Answering

    private func answer(_ number: Int, _ response: Response, _ context: ChannelHandlerContext) {
        guard !hasEnded, turns.indices.contains(number - firstTurn) else { return }
        turns[number - firstTurn].response = response
        writeAnswers(context)
        guard !isReading else { return }
        flush(context)
        guard !hasEnded else { return }
        if isPaused { readRequests(context) } else { wait(context) }
        flush(context)
    }

    private func writeAnswers(_ context: ChannelHandlerContext) {
        while let turn = turns.first, let response = turn.response {
            turns.removeFirst()
            firstTurn += 1
            let now = NIODeadline.now()
            response.write(
                into: &out, date: date.line(now), to: turn.head, closing: isLast && turns.isEmpty)
            watch.answered(response.status, in: now - turn.began)
        }
    }

    private func flush(_ context: ChannelHandlerContext) {
        if out.readableBytes > 0 {
            clock.writing(until: .now() + TimeAmount(limits.writeTime))
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(out)).whenComplete { _ in
                let (connection, context) = bound.value
                connection.clock.written()
                connection.wait(context)
            }
            out = context.channel.allocator.buffer(capacity: 512)
        }
        if isLast, turns.isEmpty { end(context) }
    }

    private func pause(_ pausing: Bool, _ context: ChannelHandlerContext) {
        guard pausing != isPaused else { return }
        isPaused = pausing
        context.channel.setOption(.autoRead, value: !pausing).whenFailure { [watch] in watch.failed($0) }
    }

    // MARK: Ending

    /// Closes our half, and the whole when the client has closed its own, at the latest a second on: closed at once,
    /// with bytes of the client unread, TCP would reset and the client lose the answer.
    private func end(_ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        hasEnded = true
        context.close(mode: .output, promise: nil)
        pause(false, context)
        clock.set(.now() + .seconds(1))
        wait(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            if hasEnded || turns.isEmpty && out.readableBytes == 0 { return context.close(promise: nil) }
            isLast = true
        case is Drain:
            // A request that is in hand, or half read, is answered; a connection at rest ends.
            if turns.isEmpty, decoder.waiting == .forRequest { return context.close(promise: nil) }
            isLast = isLast || !turns.isEmpty
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        watch.failed(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !turns.isEmpty, !hasEnded { watch.abandoned(turns.count) }
        hasEnded = true
        isLast = true
        turns.removeAll()
        clock.cancel()
        context.fireChannelInactive()
    }

    // MARK: Time

    private func wait(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return clock.cancel() }
        if !hasEnded {
            clock.wait(turns.isEmpty ? decoder.waiting : nil, limits)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        clock.arm(on: context.eventLoop) {
            let (connection, context) = bound.value
            connection.timeIsUp(context)
        }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard clock.hasPassed() else { return wait(context) }
        if hasEnded || clock.isWriting || decoder.waiting == .forRequest {
            return context.close(promise: nil)
        }
        refuse(Problem(.requestTimeout, "the request did not come whole in time"), context)
        flush(context)
    }
}
