// One state machine, longer than other rooms: whoever changes one of its states has to see all of them, and nobody
// outside does.

import BgdemoNetSupport
import DequeModule
import NIOCore

/// One client's connection: reads requests, has each answered, writes the answers in the order of the requests.
///
/// All its state belongs to its event loop. A request runs as a task on that loop from the first instruction, so that
/// a handler that never waits is answered within the read that brought the request, in one write with its neighbours.
/// What one client can make it hold is bounded: it reads no further while too many answers are awaited, or while the
/// client does not read those that it has.
final class HTTPConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A request whose answer is awaited, or is ready behind one that is.
    private struct PendingResponse {
        let head: HTTPRequest.Head
        let began: NIODeadline
        var response: HTTPResponse?
    }

    private let handler: any HTTPHandler
    private let limits: HTTPLimits
    private let watch: any ConnectionObserver
    private let executor: LoopExecutor
    /// What the client is told instead of being listened to.
    private let refusal: Problem?
    private var decoder: RequestDecoder
    private var pending = Deque<PendingResponse>()
    /// The number of the first turn in `pending`; an answer names its turn by number.
    private var firstPending = 0
    /// The client waits for `100 Continue`, which goes out after the answers before it.
    private var owesContinue = false
    private var out = ByteBuffer()
    /// The writes that the client has not read.
    private var unread = 0
    private var date = DateHeader()
    private var clock: ConnectionDeadline
    private var isReading = false
    private var isFlushing = false
    private var isPaused = false
    /// Requests may wait in the decoder for want of room.
    private var isStalled = false
    private var isDraining = false
    private var isInputClosed = false
    /// The client closed its half while it waited for an answer.
    private var hasPerhapsLeft = false
    /// No more requests are read: the client, an error, or the server has said so.
    private var isLast = false
    /// The last answer is written; only the closing is left.
    private var hasEnded = false

    /// Answers of one read are written together up to about this many bytes.
    private static let batch = 64 << 10
    /// A connection at rest keeps no more memory for answers than this.
    private static let kept = 4 << 10
    /// How long the end of a connection may take the client.
    private static let lingering = TimeAmount.seconds(1)
    /// How long a client that closed its half is watched for having left.
    private static let watching = TimeAmount.milliseconds(100)

    init(
        handler: any HTTPHandler, limits: HTTPLimits, watch: any ConnectionObserver, loop: any EventLoop,
        refusal: Problem? = nil
    ) {
        self.executor = LoopExecutor(loop)
        self.handler = handler
        self.limits = limits
        self.watch = watch
        self.refusal = refusal
        self.decoder = RequestDecoder(limits: limits)
        self.clock = ConnectionDeadline(limits, on: loop)
    }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        if let refusal { refuse(refusal, context) }
        settle(context)
        if isDraining { expectFirstRequest(context) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the last request the rest is read past, so that closing does not reset the answer's way.
        guard !isLast else { return }
        decoder.append(unwrapInboundIn(data))
        readRequests(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settle(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isReading, !isFlushing { settle(context) }
        context.fireChannelWritabilityChanged()
    }

    private func readRequests(_ context: ChannelHandlerContext) {
        isReading = true
        isStalled = false
        defer { isReading = false }
        do throws(Problem) {
            while !isLast {
                guard hasRoom(context) else {
                    isStalled = true
                    break
                }
                guard let event = try decoder.next() else {
                    isLast = isInputClosed
                    break
                }
                switch event {
                case .request(let request): take(request, context)
                case .expectsContinue: owesContinue = true
                }
                writeAnswers(context)
                if out.readableBytes >= Self.batch { flush(context) }
            }
        } catch {
            refuse(error, context)
        }
    }

    private func hasRoom(_ context: ChannelHandlerContext) -> Bool {
        pending.count < limits.pipelined && context.channel.isWritable
    }

    private func take(_ request: HTTPRequest, _ context: ChannelHandlerContext) {
        let number = firstPending + pending.count
        pending.append(PendingResponse(head: request.head, began: context.eventLoop.now))
        isLast = isDraining || !request.head.keepsAlive
        owesContinue = false
        clock.restart()
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
        let head = HTTPRequest.Head(
            method: .other, target: "", minorVersion: 1, fields: HTTPRequest.Fields(), keepsAlive: false)
        pending.append(PendingResponse(head: head, began: context.eventLoop.now, response: problem.response))
        writeAnswers(context)
    }

    // MARK: Answering

    private func answer(_ number: Int, _ response: HTTPResponse, _ context: ChannelHandlerContext) {
        guard pending.indices.contains(number - firstPending) else { return }
        pending[number - firstPending].response = response
        // Within the read that brought the request, the reading goes on from here.
        guard !isReading else { return }
        writeAnswers(context)
        settle(context)
    }

    private func writeAnswers(_ context: ChannelHandlerContext) {
        while let next = pending.first, let response = next.response {
            pending.removeFirst()
            firstPending += 1
            let now = context.eventLoop.now
            response.write(
                into: &out, date: date.line(now), to: next.head, closing: isLast && pending.isEmpty)
            watch.answered(response.status, in: now - next.began)
        }
        if owesContinue, pending.isEmpty {
            owesContinue = false
            out.writeString("HTTP/1.1 100 Continue\r\n\r\n")
        }
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        isFlushing = true
        unread += 1
        clock.wrote()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(out)).whenComplete { result in
            let (connection, context) = bound.value
            connection.written(result, context)
        }
        isFlushing = false
        // Written already, as most are, its memory serves the next.
        if out.capacity <= Self.kept { out.clear() } else { out = ByteBuffer() }
    }

    private func written(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        if case .failure(let error) = result { watch.failed(error) }
        unread -= 1
        clock.written(all: unread == 0)
        if !isFlushing { settle(context) }
    }

    // MARK: Going on

    /// Writes what is ready, and sees what is to be done next: read, pause, wait or end.
    private func settle(_ context: ChannelHandlerContext) {
        flush(context)
        while isStalled, !isLast, hasRoom(context) {
            readRequests(context)
            flush(context)
        }
        guard !hasEnded, context.channel.isActive else { return }
        if isLast, pending.isEmpty, unread == 0 {
            end(context)
        } else {
            pause(isStalled && !isLast, context)
            clock.wait(pending.isEmpty && unread == 0 ? decoder.waiting : nil)
        }
        arm(context)
    }

    private func pause(_ pausing: Bool, _ context: ChannelHandlerContext) {
        guard pausing != isPaused else { return }
        isPaused = pausing
        context.channel.setOption(.autoRead, value: !pausing).whenFailure { [watch] in watch.failed($0) }
    }

    /// Closes our half, and the whole when the client has closed its own: closed at once, with bytes of the client
    /// unread, TCP would reset and the client lose the answer. A client that closed its half before the answer may
    /// have gone altogether; TCP says so only now that the answer has reached its machine.
    private func end(_ context: ChannelHandlerContext) {
        hasEnded = true
        if hasPerhapsLeft {
            clock.end(in: Self.watching)
        } else if isInputClosed {
            context.close(promise: nil)
        } else {
            context.close(mode: .output, promise: nil)
            pause(false, context)
            clock.end(in: Self.lingering)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            isInputClosed = true
            if hasEnded { return context.close(promise: nil) }
            readRequests(context)
            hasPerhapsLeft = !pending.isEmpty || out.readableBytes > 0 || unread > 0
            settle(context)
        case is DrainEvent:
            // A request that is in hand, or half read, is answered, and so is the first of a client that has just come;
            // a connection at rest ends.
            isDraining = true
            if pending.isEmpty, unread == 0, decoder.waiting == .forRequest {
                return firstPending == 0 ? expectFirstRequest(context) : context.close(promise: nil)
            }
            isLast = isLast || !pending.isEmpty || decoder.waiting == .forRequest
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// The client has connected and is about to say why.
    private func expectFirstRequest(_ context: ChannelHandlerContext) {
        clock.end(in: Self.lingering)
        arm(context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        watch.failed(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        let lost = pending.count + (hasEnded && hasPerhapsLeft ? 1 : 0)
        if lost > 0 { watch.abandoned(lost) }
        hasEnded = true
        isLast = true
        pending.removeAll()
        clock.cancel()
        context.fireChannelInactive()
    }

    // MARK: Time

    private func arm(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        clock.arm {
            let (connection, context) = bound.value
            connection.timeIsUp(context)
        }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard clock.hasPassed() else { return arm(context) }
        hasPerhapsLeft = hasPerhapsLeft && !hasEnded
        if hasEnded || clock.isReaderLate || decoder.waiting == .forRequest {
            return context.close(promise: nil)
        }
        refuse(Problem(.requestTimeout, "the request did not come whole in time"), context)
        settle(context)
    }
}
