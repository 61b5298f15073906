import BgdemoNetSupport
import NIOCore

/// One client's connection: reads requests, has each answered, writes the responses in the order of the requests.
///
/// All its state belongs to its event loop; ``HTTPConnectionStateMachine`` has what it does next. A handler that waits runs as
/// a task on that loop, from the first instruction. What need not wait is answered within the read that brought the request,
/// in one write with the other responses of that read.
///
/// What one client can make it hold is bounded: it reads no further while too many responses are awaited, or while the
/// client does not read those that it has; and all connections share one budget of bytes.
final class HTTPConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is going on while another method of this is on the stack.
    private enum Activity { case none, reading, flushing }

    private let handler: any HTTPHandler
    private let limits: HTTPLimits
    private let budget: ReceiveBudget
    private let observer: any ConnectionObserver
    private let executor: LoopExecutor
    private let turns: TurnQueue
    /// The response to a client that is not served at all.
    private let rejection: Problem?
    private var machine = HTTPConnectionStateMachine()
    private var decoder: RequestDecoder
    private var queue = ResponseQueue()
    private var out = ByteBuffer()
    /// Writes that the client has not read.
    private var unreadWrites = 0
    /// Bytes of the budget that the decoder holds.
    private var heldBytes = 0
    private var date = DateHeader()
    private var deadline: ConnectionDeadline
    private var activity = Activity.none
    private var isReadingPaused = false
    /// Requests that are read before other connections of the loop have their turn.
    private var turnLeft = turnRequests
    private var awaitsTurn = false

    /// Requests that one connection has handled before others of its loop come: a read may bring thousands. While
    /// connections await their turn a new read has one handled.
    private static let turnRequests = 8
    /// A request with a longer body is handled outside the loop, which other connections wait for: to read 4 MB of JSON
    /// takes 40 ms.
    private static let loopBodyBytes = 256 << 10
    /// Responses of one read are written together up to about this many bytes.
    private static let batchBytes = 64 << 10
    /// A connection at rest keeps no more memory for responses than this.
    private static let keptBytes = 4 << 10
    /// How long the client has to close its half after the last response.
    private static let lingerTime = TimeAmount.seconds(1)
    /// How long a reset may take after the last response to a client that had closed its half.
    private static let probeTime = TimeAmount.milliseconds(100)

    init(
        handler: any HTTPHandler, limits: HTTPLimits, budget: ReceiveBudget, observer: any ConnectionObserver,
        loop: any EventLoop, turns: TurnQueue, rejection: Problem? = nil
    ) {
        self.turns = turns
        self.executor = LoopExecutor(loop)
        self.handler = handler
        self.limits = limits
        self.budget = budget
        self.observer = observer
        self.rejection = rejection
        self.decoder = RequestDecoder(limits: limits)
        self.deadline = ConnectionDeadline(limits, on: loop)
    }

    private var isAnswered: Bool { queue.isEmpty && unreadWrites == 0 }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        if let rejection { reject(rejection, context) }
        settle(context)
        if case .serving(_, isDraining: true) = machine.state { awaitFirstRequest(context) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the last request the rest is read past, so that closing does not reset the response's way.
        guard machine.readsRequests else { return }
        if !awaitsTurn { turnLeft = turns.isEmpty ? Self.turnRequests : 1 }
        decoder.append(unwrapInboundIn(data))
        readRequests(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if activity == .none { settle(context) }
        context.fireChannelWritabilityChanged()
    }

    private func readRequests(_ context: ChannelHandlerContext) {
        activity = .reading
        defer { activity = .none }
        do throws(Problem) {
            while machine.readsRequests {
                guard queue.count < limits.pipelined, context.channel.isWritable else {
                    machine.stall()
                    break
                }
                guard turnLeft > 0 || decoder.waiting == .forRequest else {
                    awaitTurn(context)
                    break
                }
                guard let event = try decoder.next() else {
                    machine.needBytes(isAnswered: isAnswered && out.readableBytes == 0)
                    break
                }
                switch event {
                case .request(let request): try accept(request, context)
                case .head(let head, let expectsContinue): try accept(head, expectsContinue)
                }
                writeResponses(context)
                if out.readableBytes >= Self.batchBytes { flush(context) }
            }
            try holdDecoderBytes()
        } catch {
            reject(error, context)
        }
    }

    /// A request whose body has not come whole. What is refused for its head need not send its body.
    private func accept(_ head: HTTPRequest.Head, _ expectsContinue: Bool) throws(Problem) {
        if let problem = handler.check(head) { throw problem }
        if expectsContinue { queue.oweContinue() }
    }

    private func accept(_ request: HTTPRequest, _ context: ChannelHandlerContext) throws(Problem) {
        let bodyBytes = request.body.readableBytes
        if heldBytes > 0 { try holdDecoderBytes() }
        if bodyBytes > 0 { try take(bodyBytes) }
        let number = queue.add(request.head, bodyBytes: bodyBytes, at: context.eventLoop.now)
        machine.readRequest(keepsAlive: request.head.keepsAlive)
        deadline.restart()
        turnLeft -= 1
        let handler = responder(to: request)
        guard bodyBytes <= Self.loopBodyBytes else {
            return wait(number, context) {
                await withTaskExecutorPreference(globalConcurrentExecutor) { await handler.respond(to: request) }
            }
        }
        switch handler.answer(request) {
        case .ready(let response): queue.fulfil(number, response)
        case .awaited(let response): wait(number, context, for: response)
        }
    }

    private func wait(
        _ number: Int, _ context: ChannelHandlerContext, for response: @escaping @Sendable () async -> HTTPResponse
    ) {
        let awaited = AwaitedResponse(connection: self, context: context, number: number)
        executor.run { awaited.fulfil(await response()) }
    }

    private func responder(to request: HTTPRequest) -> any HTTPHandler {
        var responder = handler
        while let next = responder.next(for: request) { responder = next }
        return responder
    }

    /// Reads on in what has come when it is its turn.
    private func awaitTurn(_ context: ChannelHandlerContext) {
        guard !awaitsTurn else { return }
        awaitsTurn = true
        turns.add { [self] in
            awaitsTurn = false
            turnLeft = Self.turnRequests
            readRequests(context)
            settle(context)
        }
    }

    /// Answers what broke the protocol or a bound, after the responses before it, and ends the connection.
    private func reject(_ problem: Problem, _ context: ChannelHandlerContext) {
        machine.reject()
        decoder.removeAll()
        releaseDecoderBytes()
        queue.add(.none, problem.response, at: context.eventLoop.now)
        writeResponses(context)
    }

    // MARK: The budget

    private func take(_ bytes: Int) throws(Problem) {
        guard !budget.take(bytes) else { return }
        throw .unavailable(
            "unfinished requests of all clients take \(budget.limit) bytes, which is the limit here",
            retryAfter: .seconds(1))
    }

    /// Counts what is left in the decoder, and drops what is not read any more.
    private func holdDecoderBytes() throws(Problem) {
        if !machine.readsRequests { decoder.removeAll() }
        let bytes = decoder.heldBytes
        guard bytes != heldBytes else { return }
        if bytes > heldBytes { try take(bytes - heldBytes) } else { budget.giveBack(heldBytes - bytes) }
        heldBytes = bytes
    }

    private func releaseDecoderBytes() {
        budget.giveBack(heldBytes)
        heldBytes = 0
    }

    // MARK: Responding

    fileprivate func respond(_ number: Int, _ response: HTTPResponse, _ context: ChannelHandlerContext) {
        queue.fulfil(number, response)
        // Within the read that brought the request, the reading goes on from here.
        guard activity == .none else { return }
        writeResponses(context)
        settle(context)
    }

    private func writeResponses(_ context: ChannelHandlerContext) {
        while let (request, response) = queue.popReady() {
            if request.bodyBytes > 0 { budget.giveBack(request.bodyBytes) }
            let now = context.eventLoop.now
            response.write(
                into: &out, date: date.line(at: now), to: request.head,
                closing: machine.closesAfterLastResponse && queue.isEmpty)
            observer.didRespond(response.status, in: now - request.began)
            if case .stream(let stream) = response.body, request.head.method != .head { beginStream(stream, context) }
        }
        if queue.takeContinue() { out.writeString("HTTP/1.1 100 Continue\r\n\r\n") }
    }

    /// Leaves the connection to the stream: no other request of it is read or answered.
    private func beginStream(_ stream: ResponseStream, _ context: ChannelHandlerContext) {
        machine.beginStream()
        budget.giveBack(queue.removeAll())
        deadline.cancel()
        flush(context)
        pauseReading(false, context)
        ResponseStreamHandler.begin(stream, before: self, context, writeTime: TimeAmount(limits.writeTime))
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        let outer = activity
        activity = .flushing
        unreadWrites += 1
        deadline.wrote()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(out)).whenComplete { result in
            let (connection, context) = bound.value
            connection.written(result, context)
        }
        activity = outer
        // Written already, as most are, its memory serves the next.
        if out.capacity <= Self.keptBytes { out.clear() } else { out = ByteBuffer() }
    }

    private func written(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        if case .failure(let error) = result { observer.didFail(error) }
        unreadWrites -= 1
        deadline.written(all: unreadWrites == 0)
        if activity != .flushing { settle(context) }
    }

    // MARK: Going on

    /// Writes what is ready, and does what comes next: read, pause, wait or end.
    private func settle(_ context: ChannelHandlerContext) {
        flush(context)
        while machine.isStalled, !awaitsTurn, queue.count < limits.pipelined, context.channel.isWritable {
            readRequests(context)
            flush(context)
        }
        guard context.channel.isActive else { return }
        switch machine.settled(isAnswered: isAnswered) {
        case .read: waitForBytes(pausing: false, context)
        case .pauseReading: waitForBytes(pausing: true, context)
        case .closeOutput:
            context.close(mode: .output, promise: nil)
            pauseReading(false, context)
            deadline.end(in: Self.lingerTime)
        case .probe: deadline.end(in: Self.probeTime)
        case .close: return context.close(promise: nil)
        case .none: return
        }
        arm(context)
    }

    private func waitForBytes(pausing: Bool, _ context: ChannelHandlerContext) {
        pauseReading(pausing, context)
        deadline.wait(isAnswered && !awaitsTurn ? decoder.waiting : nil)
    }

    private func pauseReading(_ pausing: Bool, _ context: ChannelHandlerContext) {
        guard pausing != isReadingPaused else { return }
        isReadingPaused = pausing
        context.channel.setOption(.autoRead, value: !pausing).whenFailure { [observer] in observer.didFail($0) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: inputClosed(context)
        case is DrainEvent: drain(context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    private func inputClosed(_ context: ChannelHandlerContext) {
        switch machine.inputClosed(isAnswered: isAnswered && out.readableBytes == 0) {
        case .readRequests:
            readRequests(context)
            settle(context)
        case .continueWriting: settle(context)
        case .close: context.close(promise: nil)
        case .ignore: return
        }
    }

    private func drain(_ context: ChannelHandlerContext) {
        let action = machine.drain(
            isAnswered: isAnswered, isAwaiting: !queue.isEmpty,
            isBetweenRequests: decoder.waiting == .forRequest, isNew: queue.isNew)
        switch action {
        case .close: context.close(promise: nil)
        case .awaitFirstRequest: awaitFirstRequest(context)
        case .none: return
        }
    }

    private func awaitFirstRequest(_ context: ChannelHandlerContext) {
        deadline.end(in: Self.lingerTime)
        arm(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        observer.didFail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let abandoned = machine.disconnected(awaited: queue.count)
        if abandoned > 0 { observer.didAbandon(abandoned) }
        budget.giveBack(queue.removeAll())
        decoder.removeAll()
        releaseDecoderBytes()
        deadline.cancel()
        context.fireChannelInactive()
    }

    // MARK: Time

    private func arm(_ context: ChannelHandlerContext) {
        guard deadline.isToBeArmed, context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline.arm {
            let (connection, context) = bound.value
            connection.timerFired(context)
        }
    }

    private func timerFired(_ context: ChannelHandlerContext) {
        guard deadline.hasPassed() else { return arm(context) }
        let action = machine.deadlinePassed(
            isWriteLate: deadline.isWriteLate, isBetweenRequests: decoder.waiting == .forRequest)
        switch action {
        case .close: context.close(promise: nil)
        case .rejectRequest:
            reject(Problem(.requestTimeout, "the request did not come whole in time"), context)
            settle(context)
        }
    }
}

/// The response that a request of a connection waits for.
private struct AwaitedResponse: Sendable {
    private let place: NIOLoopBound<(connection: HTTPConnectionHandler, context: ChannelHandlerContext, number: Int)>

    init(connection: HTTPConnectionHandler, context: ChannelHandlerContext, number: Int) {
        place = NIOLoopBound((connection, context, number), eventLoop: context.eventLoop)
    }

    /// Called on the event loop of the connection. Not inlined: what it needs would take memory of the task that waits.
    @inline(never) func fulfil(_ response: HTTPResponse) {
        let (connection, context, number) = place.value
        connection.respond(number, response, context)
    }
}
