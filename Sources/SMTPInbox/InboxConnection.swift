import Logging
import NIOCore

/// One client's connection: reads for an ``SMTPSession``, keeps the replies in order, and delays those that are to take
/// their time. All its state belongs to its event loop.
final class InboxConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The user event by which the inbox says that it stops.
    struct InboxCloses: Sendable {}

    private let inbox: InboxContext
    private let tls: InboxTLS?
    private var session: SMTPSession
    private var machine = InboxConnectionStateMachine()
    private var input = ByteBuffer()
    private var out = ByteBuffer()
    private var timer = DeadlineTimer()
    private var isPaused = false
    private var isReading = false
    /// A command was answered, or a mail begun, since the time limit was set.
    private var hasProgressed = true

    /// Bytes of replies, past which they are sent.
    private static let longestReplies = 16 << 10
    /// Bytes of input, past which no more is read.
    private static let longestInput = 64 << 10
    /// How long the client has to close its half.
    private static let lingerTime = Duration.seconds(1)
    /// The same, when the inbox stops.
    private static let stopLingerTime = Duration.milliseconds(100)

    init(number: Int, inbox: InboxContext, tls: InboxTLS?) {
        self.inbox = inbox
        self.tls = tls
        session = SMTPSession(number: number, inbox: inbox)
    }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        perform(session.greet(&out), context)
        flushAndWait(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !machine.hasEnded else { return }
        isReading = true
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeBuffer(&bytes)
        }
        serve(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flushAndWait(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, !isReading else { return }
        serve(context)
        flushAndWait(context)
    }

    private func serve(_ context: ChannelHandlerContext) {
        while machine.isServing, input.readableBytes > 0 {
            if out.readableBytes > Self.longestReplies { flush(context) }
            // The input of a client that does not read its replies waits.
            guard context.channel.isWritable else { return }
            let step = session.next(&input, &out)
            if case .needsMore = step { break }
            hasProgressed = true
            perform(step, context)
        }
        // Lets go of the memory, which the channel then uses for the next read.
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    private func perform(_ step: SMTPSession.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .needsMore, .goOn: break
        case .received(let mail): receive(mail, context)
        case .startTLS: startTLS(context)
        case .close: closeOutput(context)
        case .drop:
            flush(context)
            close(context)
        case .hang: machine.fallSilent()
        }
    }

    private func perform(_ action: InboxConnectionStateMachine.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .nothing: break
        case .serve:
            serve(context)
            flushAndWait(context)
        case .sayGoodbye:
            out.writeString("421 4.3.2 the inbox closes\r\n")
            closeOutput(context, linger: Self.stopLingerTime)
        case .closeOutput: closeOutput(context)
        case .close: close(context)
        case .waitLonger: wait(inbox.settings.idleTime, context)
        }
    }

    /// Sends the replies and waits for what comes.
    private func flushAndWait(_ context: ChannelHandlerContext) {
        flush(context)
        guard !machine.hasEnded else { return }
        pause(input.readableBytes > Self.longestInput, context)
        let action = machine.didAnswerAll()
        guard action == .nothing else { return perform(action, context) }
        guard hasProgressed else { return }
        hasProgressed = false
        let settings = inbox.settings
        wait(session.isReadingText ? settings.dataTime : settings.idleTime, context)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        out.clear()
    }

    private func pause(_ pausing: Bool, _ context: ChannelHandlerContext) {
        guard pausing != isPaused else { return }
        isPaused = pausing
        context.channel.setOption(.autoRead, value: !pausing).whenFailure { [inbox] error in
            inbox.logger.debug("A connection to the inbox broke", metadata: ["error": "\(error)"])
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls else { return }
        flush(context)
        // What came with the command came in the clear and is not the client's word (CVE-2011-0411).
        input = ByteBuffer()
        session.restartUnderTLS()
        do {
            try context.pipeline.syncOperations.addHandler(tls.handler(), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    // MARK: Mails

    private func receive(_ received: ReceivedMail, _ context: ChannelHandlerContext) {
        let decision = inbox.decide(received)
        let due = decision.delay > .zero ? NIODeadline.now() + TimeAmount(decision.delay) : nil
        guard decision.before == nil, let maildir = inbox.maildir else {
            let isLate = inbox.settings.storesWithAnswer && decision.before == nil && due != nil
            let answer =
                decision.before.map { .fault($0) }
                ?? (isLate ? .late(received.mail, decision) : store(received.mail, decision))
            inbox.release(received.reserved)
            return self.answer(answer, due, context)
        }
        machine.hold()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        maildir.write(received.mail.raw, on: context.eventLoop).whenComplete { result in
            let (connection, context) = bound.value
            let answer = connection.written(received.mail, decision, result)
            connection.inbox.release(received.reserved)
            connection.answer(answer, due, context)
        }
    }

    private func written(_ mail: CaughtMail, _ decision: MailDecision, _ result: Result<Void, any Error>) -> Answer {
        switch result {
        case .success: return store(mail, decision)
        case .failure(let error):
            inbox.logger.error("A mail can't be written to the maildir", metadata: ["error": "\(error)"])
            return .noSpace
        }
    }

    private func store(_ mail: CaughtMail, _ decision: MailDecision) -> Answer {
        let id = inbox.mails.store(mail)
        return decision.after.map { .fault($0) } ?? .stored(id)
    }

    /// The answer to a final dot.
    private enum Answer {
        case stored(Int)
        /// To be stored when the answer is due.
        case late(CaughtMail, MailDecision)
        case noSpace
        case fault(InboxFault.Action)
    }

    /// Writes an answer now, or when it is due.
    private func answer(_ answer: Answer, _ due: NIODeadline?, _ context: ChannelHandlerContext) {
        guard let due else { return machine.isServing ? write(answer, context) : deliver(answer, context) }
        machine.hold()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: due) {
            let (connection, context) = bound.value
            connection.deliver(answer, context)
        }
    }

    /// Writes an answer that was delayed, and goes on, unless the connection ends with it.
    private func deliver(_ answer: Answer, _ context: ChannelHandlerContext) {
        let next = machine.release()
        write(answer, context)
        if machine.isServing { perform(next, context) }
    }

    private func write(_ answer: Answer, _ context: ChannelHandlerContext) {
        guard !machine.hasEnded else { return }
        switch answer {
        case .stored(let id): out.writeString("250 2.0.0 OK, it is mail \(id)\r\n")
        case .late(let mail, let decision):
            if machine.clientHasEnded { close(context) } else { write(store(mail, decision), context) }
        case .noSpace: out.writeString("452 4.3.1 the mail could not be written\r\n")
        case .fault(let action):
            perform(SMTPSession.perform(action, "a fault after the dot was asked for", &out), context)
        }
    }

    // MARK: Ending

    /// Closes our half, and the whole when the client has closed its own, at the latest after `linger`: closed at
    /// once, with bytes of the client unread, TCP would reset and the client lose the last reply.
    private func closeOutput(_ context: ChannelHandlerContext, linger: Duration = InboxConnection.lingerTime) {
        guard machine.closeOutput() else { return }
        flush(context)
        input = ByteBuffer()
        context.close(mode: .output, promise: nil)
        pause(false, context)
        wait(linger, context)
    }

    private func close(_ context: ChannelHandlerContext) {
        machine.close()
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: perform(machine.clientEnded(), context)
        case is InboxCloses: perform(machine.inboxCloses(), context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.logger.debug("A connection to the inbox broke", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        machine.close()
        session.end()
        timer.cancel()
        context.fireChannelInactive()
    }

    // MARK: Time

    private func wait(_ time: Duration, _ context: ChannelHandlerContext) {
        timer.set(.now() + TimeAmount(time))
        arm(context)
    }

    private func arm(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer.arm(on: context.eventLoop) {
            let (connection, context) = bound.value
            connection.timeIsUp(context)
        }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard timer.hasPassed() else { return arm(context) }
        let action = machine.timeIsUp(isWritable: context.channel.isWritable)
        if action == .closeOutput { out.writeString("421 4.4.2 too slow\r\n") }
        perform(action, context)
    }
}
