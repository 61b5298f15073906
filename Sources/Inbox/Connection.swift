// One state machine, longer than other rooms: the order of reading, waiting and answering is kept by state that
// nobody outside this file can touch.

import Logging
import NIOCore
import NIOSSL

/// One client's connection: carries a ``Conversation``, keeps the replies in order, holds them back where they are to
/// take their time. All its state belongs to its event loop.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Tells a connection, as a user event, that the inbox closes.
    struct Leave: Sendable {}

    private let reception: Reception
    private let tls: NIOSSLContext?
    private var conversation: Conversation
    private var input = ByteBuffer()
    private var out = ByteBuffer()
    private var alarm = Alarm()
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

    init(number: Int, reception: Reception, tls: NIOSSLContext?) {
        self.reception = reception
        self.tls = tls
        conversation = Conversation(number: number, reception: reception)
    }

    // MARK: Reading

    func channelActive(context: ChannelHandlerContext) {
        take(conversation.greet(&out), context)
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
            let step = conversation.next(&input, &out)
            if case .needsMore = step { break }
            hasProgressed = true
            take(step, context)
        }
        // Lets go of the memory, which the channel then uses for the next read.
        if input.readableBytes == 0 { input = ByteBuffer() }
    }

    private func take(_ step: Conversation.Step, _ context: ChannelHandlerContext) {
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
        let settings = reception.settings
        wait(conversation.isReadingText ? settings.dataTime : settings.idleTime, context)
    }

    private func flush(_ context: ChannelHandlerContext) {
        guard out.readableBytes > 0 else { return }
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
        out.clear()
    }

    private func pause(_ pausing: Bool, _ context: ChannelHandlerContext) {
        guard pausing != isPaused else { return }
        isPaused = pausing
        context.channel.setOption(.autoRead, value: !pausing).whenFailure { [reception] error in
            reception.logger.debug("a connection broke", metadata: ["error": "\(error)"])
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) {
        guard let tls else { return }
        flush(context)
        // What came with the command came in the clear and is nobody's word (CVE-2011-0411).
        input = ByteBuffer()
        conversation.restartUnderTLS()
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    // MARK: Mails

    private func receive(_ draft: Draft, _ context: ChannelHandlerContext) {
        let verdict = reception.judge(draft)
        let due = verdict.delay > .zero ? NIODeadline.now() + TimeAmount(verdict.delay) : nil
        guard verdict.before == nil, let maildir = reception.maildir else {
            let isLate = reception.settings.storesWithAnswer && verdict.before == nil && due != nil
            let answer =
                verdict.before.map { .fault($0) } ?? (isLate ? .late(draft.mail, verdict) : stored(draft.mail, verdict))
            reception.release(draft.reserved)
            return self.answer(answer, due, context)
        }
        isHeld = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        maildir.write(draft.mail.raw, on: context.eventLoop).whenComplete { result in
            let (connection, context) = bound.value
            connection.isHeld = false
            connection.answer(connection.written(draft.mail, verdict, result), due, context)
            connection.reception.release(draft.reserved)
            connection.resume(context)
        }
    }

    private func written(_ mail: CaughtMail, _ verdict: Verdict, _ result: Result<Void, any Error>) -> Answer {
        switch result {
        case .success: return stored(mail, verdict)
        case .failure(let error):
            reception.logger.error("can't write a mail to the maildir: \(error)")
            return .noRoom
        }
    }

    private func stored(_ mail: CaughtMail, _ verdict: Verdict) -> Answer {
        let id = reception.mailbox.store(mail)
        return verdict.after.map { .fault($0) } ?? .stored(id)
    }

    /// The answer to a final dot.
    private enum Answer {
        case stored(Int)
        /// To be stored now.
        case late(CaughtMail, Verdict)
        case noRoom
        case fault(Fault.Action)
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
        case .late(let mail, let verdict):
            if inputHasEnded { context.close(promise: nil) } else { give(stored(mail, verdict), context) }
        case .noRoom: out.writeString("452 4.3.1 the mail could not be written\r\n")
        case .fault(let action):
            take(Conversation.perform(action, "a fault after the dot was asked for", &out), context)
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
        reception.logger.debug("a connection broke", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        conversation.end()
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
        if isHeld { return wait(reception.settings.idleTime, context) }
        if hasEnded || isSilent || !context.channel.isWritable { return context.close(promise: nil) }
        out.writeString("421 4.4.2 too slow\r\n")
        end(context)
    }
}
