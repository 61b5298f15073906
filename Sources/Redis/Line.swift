import NIOCore

/// Who talks over a line. Called on the line's event loop.
protocol LineUser: AnyObject {
    /// Redis has greeted: commands may be written.
    func lineIsUp()
    func received(_ reply: RedisValue)
    /// What one read brought has been received.
    func readCompleted()
    /// The line broke, or could not be made: told at each attempt. It is being made anew.
    func lineIsDown(_ why: RedisError)
}

extension LineUser {
    func readCompleted() {}
}

/// Keeps one connection to Redis: makes it, greets (AUTH, SELECT), and makes it again when it breaks, until closed.
/// All its state belongs to its event loop.
final class Line {
    private enum State {
        case closed
        case dialling
        case greeting(Wire, answers: [RedisValue])
        case up(Wire)
        case down(Scheduled<Void>)
    }

    let url: RedisURL
    let loop: any EventLoop
    private let options: RedisOptions
    private let outage: Outage
    private let greeting: [RedisCommand]
    private var state = State.closed
    private var user: (any LineUser)?
    private var failures = 0
    private var patience: Scheduled<Void>?

    init(_ url: RedisURL, on loop: any EventLoop, _ options: RedisOptions, _ outage: Outage) {
        self.url = url
        self.loop = loop
        self.options = options
        self.outage = outage
        var greeting: [RedisCommand] = []
        if let password = url.password {
            greeting.append(RedisCommand(["AUTH"] + (url.user.map { [$0] } ?? []) + [password]))
        }
        if url.database != 0 { greeting.append(["SELECT", url.database]) }
        self.greeting = greeting + [["PING"]]
    }

    func open(for user: any LineUser) {
        self.user = user
        dial()
    }

    func write(_ bytes: ByteBuffer) {
        if case .up(let wire) = state { wire.write(bytes) }
    }

    /// Whether replies are read as they come, or left with the kernel and Redis.
    func read(_ isReading: Bool) {
        if case .up(let wire) = state { wire.read(isReading) }
    }

    func close() {
        patience?.cancel()
        let last = state
        state = .closed
        user = nil
        switch last {
        case .greeting(let wire, _), .up(let wire): wire.close()
        case .down(let scheduled): scheduled.cancel()
        case .closed, .dialling: break
        }
    }

    /// Gives this connection up, and makes another.
    func drop(_ why: RedisError) {
        let last = state
        switch last {
        case .closed, .down: return
        case .dialling, .greeting, .up: rest()
        }
        // Closing may be told at once: the state is no longer this wire's.
        if case .greeting(let wire, _) = last { wire.close() }
        if case .up(let wire) = last { wire.close() }
        outage.found(why)
        user?.lineIsDown(why)
    }

    // MARK: Making it

    private func dial() {
        state = .dialling
        let bound = NIOLoopBound(self, eventLoop: loop)
        url.dial(on: loop, options) { Wire(bound.value) }.whenFailure { error in
            bound.value.drop(.away(error.inWords))
        }
    }

    /// The wire is connected.
    func opened(_ wire: Wire) {
        guard case .dialling = state else { return wire.close() }
        state = .greeting(wire, answers: [])
        var out = ByteBuffer()
        for command in greeting { out.writeImmutableBuffer(command.bytes) }
        wire.write(out)
        let bound = NIOLoopBound(self, eventLoop: loop)
        patience = loop.scheduleTask(in: TimeAmount(options.connectTime)) { [options] in
            bound.value.drop(.timedOut(command: "the greeting", after: options.connectTime))
        }
    }

    private func greeted(_ wire: Wire, _ answers: [RedisValue]) {
        for answer in answers {
            guard case .error(let error) = answer, !error.leavesUsable else { continue }
            return drop(.reply(error))
        }
        patience?.cancel()
        failures = 0
        state = .up(wire)
        outage.ended()
        user?.lineIsUp()
    }

    // MARK: The wire's news

    func received(_ reply: RedisValue, _ wire: Wire) {
        switch state {
        case .up(let current) where current === wire:
            user?.received(reply)
        case .greeting(let current, var answers) where current === wire:
            answers.append(reply)
            state = .greeting(wire, answers: answers)
            if answers.count == greeting.count { greeted(wire, answers) }
        default: break
        }
    }

    func readCompleted(_ wire: Wire) {
        if case .up(let current) = state, current === wire { user?.readCompleted() }
    }

    func broke(_ wire: Wire, _ why: RedisError) {
        switch state {
        case .up(let current) where current === wire: drop(why)
        case .greeting(let current, let answers) where current === wire:
            // Redis says why before it hangs up: too many clients, protected mode.
            if case .error(let error)? = answers.first { drop(.reply(error)) } else { drop(why) }
        default: break
        }
    }

    // MARK: Waiting to make it again

    private func rest() {
        patience?.cancel()
        failures += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        let longest = min(options.backoff.lowerBound * (1 << min(failures - 1, 16)), options.backoff.upperBound)
        let delay = TimeAmount(longest * Double.random(in: 0.5...1))
        state = .down(loop.scheduleTask(in: delay) { bound.value.dial() })
    }
}

extension RedisReplyError {
    /// Whether a PING refused like this leaves a connection on which commands may yet succeed.
    fileprivate var leavesUsable: Bool {
        switch kind {
        case .cannotPersist, .noPermission, .outOfMemory, .readOnly: true
        default: false
        }
    }
}
