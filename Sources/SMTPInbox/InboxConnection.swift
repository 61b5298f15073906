// One state machine, longer than other rooms: the order of reading, waiting and answering is kept by state that
// nobody outside this file can touch.

import Logging
import NIOCore
import NIOSSL

/// One client's connection: carries a ``SMTPSession``, keeps the replies in order, holds them back where they are to
/// take their time. All its state belongs to its event loop.
final class InboxConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Tells a connection, as a user event, that the inbox closes.
    struct Leave: Sendable {}

    private let inbox: InboxContext
    private let tls: NIOSSLContext?
    private var session: SMTPSession
    private var input = ByteBuffer()
    private var out = ByteBuffer()
    private var alarm = DeadlineTimer()
    /// A reply is due later: nothing more is taken from the input before.
    private var isHeld = false
    /// No reply will ever come.
    private var isSilent = false
    private var isPaused = false
    private var isReading = false
    /// A command was answered, or a mail begun, since the time limit was set.
    private var hasProgressed = true
    /// The client has sent its last byte.
    private var inputHasEnded = false
    /// After the reply that is held, 421.
    private var isLeaving = false
    private var hasEnded = false

    /// Of replies, before they are sent; of input, before no more is read.
    private static let longestReplies = 16 << 10
    private static let longestInput = 64 << 10

    init(number: Int, inbox: InboxContext, tls: NIOSSLContext?) {
        self.inbox = inbox
        self.tls = tls
        session = SMTPSession(number: number, inbox: inbox)
    }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        take(session.greet(&out), context)
        rest(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasEnded else { return }
        isReading = true
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.discardReadBytes()
            input.writeBuffer(&bytes)
        }
        converse(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        rest(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, !isReading else { return }
        converse(context)
        rest(context)
    }

    private func converse(_ context: ChannelHandlerContext) {
        while !isHeld, !isSilent, !hasEnded, input.readableBytes > 0 {
            if out.readableBytes > Self.longestReplies { flush(context) }
            // A client that does not read its replies is not heard either.
            guard context.channel.isWritable else { return }
            let step = session.next(&input, &out)
            if case .needsMore = step { break }
            hasProgressed = true
            take(step, context)
        }
        // Lets go of the memory, which the channel then uses for the next read.
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    private func take(_ step: SMTPSession.Step, _ context: ChannelHandlerContext) {
        switch step {
        case .needsMore, .goOn: break
        case .caught(let draft): receive(draft, context)
        case .startTLS: startTLS(context)
        case .close: end(context)
        case .drop:
            flush(context)
            hasEnded = true
            context.close(promise: nil)
        case .hang: isSilent = true
        }
    }

    /// Sends what is to be sent and waits for what comes.
    private func rest(_ context: ChannelHandlerContext) {
        flush(context)
        guard !hasEnded else { return }
        pause(input.readableBytes > Self.longestInput, context)
        if inputHasEnded, !isHeld { return end(context) }
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
            inbox.logger.debug("a connection broke", metadata: ["error": "\(error)"])
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls else { return }
        flush(context)
        // What came with the command came in the clear and is nobody's word (CVE-2011-0411).
        input = ByteBuffer()
        session.restartUnderTLS()
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    // MARK: Mails

    private func receive(_ draft: ReceivedMail, _ context: ChannelHandlerContext) {
        let decision = inbox.judge(draft)
        let due = decision.delay > .zero ? NIODeadline.now() + TimeAmount(decision.delay) : nil
        guard decision.before == nil, let maildir = inbox.maildir else {
            let isLate = inbox.settings.storesWithAnswer && decision.before == nil && due != nil
            let answer =
                decision.before.map { .fault($0) }
                ?? (isLate ? .late(draft.mail, decision) : stored(draft.mail, decision))
            inbox.release(draft.reserved)
            return self.answer(answer, due, context)
        }
        isHeld = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        maildir.write(draft.mail.raw, on: context.eventLoop).whenComplete { result in
            let (connection, context) = bound.value
            connection.isHeld = false
            connection.answer(connection.written(draft.mail, decision, result), due, context)
            connection.inbox.release(draft.reserved)
            connection.resume(context)
        }
    }

    private func written(_ mail: CaughtMail, _ decision: MailDecision, _ result: Result<Void, any Error>) -> Answer {
        switch result {
        case .success: return stored(mail, decision)
        case .failure(let error):
            inbox.logger.error("can't write a mail to the maildir: \(error)")
            return .noRoom
        }
    }

    private func stored(_ mail: CaughtMail, _ decision: MailDecision) -> Answer {
        let id = inbox.mails.store(mail)
        return decision.after.map { .fault($0) } ?? .stored(id)
    }

    /// The answer to a final dot.
    private enum Answer {
        case stored(Int)
        /// To be stored now.
        case late(CaughtMail, MailDecision)
        case noRoom
        case fault(InboxFault.Action)
    }

    private func answer(_ answer: Answer, _ due: NIODeadline?, _ context: ChannelHandlerContext) {
        guard let due else { return give(answer, context) }
        isHeld = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(deadline: due) {
            let (connection, context) = bound.value
            connection.isHeld = false
            connection.give(answer, context)
            connection.resume(context)
        }
    }

    private func give(_ answer: Answer, _ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        switch answer {
        case .stored(let id): out.writeString("250 2.0.0 OK, it is mail \(id)\r\n")
        case .late(let mail, let decision):
            if inputHasEnded { context.close(promise: nil) } else { give(stored(mail, decision), context) }
        case .noRoom: out.writeString("452 4.3.1 the mail could not be written\r\n")
        case .fault(let action):
            take(SMTPSession.perform(action, "a fault after the dot was asked for", &out), context)
        }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard !isHeld, !hasEnded else { return }
        if isLeaving { return leave(context) }
        converse(context)
        rest(context)
    }

    // MARK: Ending

    /// Closes our half, and the whole when the client has closed its own, at the latest after `linger`: closed at
    /// once, with bytes of the client unread, TCP would reset and the client lose the last reply.
    private func end(_ context: ChannelHandlerContext, linger: Duration = .seconds(1)) {
        guard !hasEnded else { return }
        flush(context)
        hasEnded = true
        input = ByteBuffer()
        context.close(mode: .output, promise: nil)
        pause(false, context)
        wait(linger, context)
    }

    private func leave(_ context: ChannelHandlerContext) {
        guard !hasEnded else { return }
        out.writeString("421 4.3.2 the inbox closes\r\n")
        end(context, linger: .milliseconds(100))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            inputHasEnded = true
            if hasEnded || isSilent { context.close(promise: nil) } else { rest(context) }
        case is Leave:
            if isHeld { isLeaving = true } else { leave(context) }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.logger.debug("a connection broke", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        session.end()
        alarm.cancel()
        context.fireChannelInactive()
    }

    // MARK: Time

    private func wait(_ time: Duration, _ context: ChannelHandlerContext) {
        alarm.set(.now() + TimeAmount(time))
        arm(context)
    }

    private func arm(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        alarm.arm(on: context.eventLoop) {
            let (connection, context) = bound.value
            connection.timeIsUp(context)
        }
    }

    private func timeIsUp(_ context: ChannelHandlerContext) {
        guard alarm.hasPassed() else { return arm(context) }
        if isHeld { return wait(inbox.settings.idleTime, context) }
        if hasEnded || isSilent || !context.channel.isWritable { return context.close(promise: nil) }
        out.writeString("421 4.4.2 too slow\r\n")
        end(context)
    }
}
