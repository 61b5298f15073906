import BgdemoHTTPServer
import BgdemoNetSupport
import Logging
import NIOCore
import BgdemoPipes
import Subprocess
import BgdemoCore

/// How children come into the world, are listened to, and leave it.
extension Master {
    /// Starts a child for the place, unless it has one that is to stay.
    func fill(_ slot: ChildSlot) {
        guard needs(slot.role), !children.values.contains(where: { $0.slot == slot && $0.isStaying }) else { return }
        logger.info("starting \(slot.role.title)")
        next += 1
        let child = Child(number: next, role: slot.role, place: slot.place, logger: logger)
        children[next] = child
        spawnRequests.continuation.yield(SpawnRequest(number: next, role: slot.role, signals: child.signals))
    }

    /// Whether children of this role are wanted.
    func needs(_ role: ChildRole) -> Bool {
        switch role {
        case .server: phase == .running
        case .worker: phase < .leaving
        }
    }

    /// Lives a child's life, from its start to its end.
    nonisolated func live(_ request: SpawnRequest) async {
        let ending: String
        do {
            let pipes = try ChildPipes(passing: request.role == .server ? listener.socket : nil)
            let status = try await launch(request.role).asChild(request.role, isSpooled: settings.spool != nil)
                .run(pipes, signals: request.signals) { pid in try await self.born(request.number, pid, pipes) }
            ending = Self.text(status)
        } catch {
            ending = "\(error)"
        }
        await ended(request.number, ending)
    }

    private static func text(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    /// The child's process is there: opens the master's ends of its pipes.
    private func born(_ number: Int, _ pid: Int32, _ pipes: ChildPipes) async throws {
        guard let child = children[number] else { return }
        child.born(pid: pid, writer: try await pipes.writer(on: loop), voice: terminal.voice)
        try await LineInboundHandler.listen(to: pipes.errors, on: loop) {
            LineInboundHandler(heard: { lines in self.assumeIsolated { $0.didReceiveStandardError(number, lines) } })
        }
        try await LineInboundHandler.listen(to: pipes.output, on: loop) {
            LineInboundHandler(
                heard: { lines in self.assumeIsolated { $0.heard(number, lines) } },
                readComplete: { self.assumeIsolated { $0.dispatcher.settle() } },
                ended: { self.assumeIsolated { $0.connectionDidClose(number) } })
        }
    }

    private func heard(_ number: Int, _ lines: [LineReader.Line]) {
        guard let child = children[number] else { return }
        for line in lines {
            switch line {
            case .whole(let line):
                if let message = PipeMessage(line) {
                    heard(message, of: child)
                } else {
                    garbled(String(buffer: line), child)
                }
            case .tooLong(let bytes): garbled("\(bytes) bytes", child)
            }
        }
    }

    private func heard(_ message: PipeMessage, of child: Child) {
        switch (message, child.role) {
        case (.mail(let mail), .server): dispatcher.take(mail, from: child)
        case (.sent(let id), .worker): dispatcher.sent(id, by: child)
        case (.failed(let id, let outcome), .worker): dispatcher.failed(id, outcome, by: child)
        case (.closed, .server): stoppedAccepting(child)
        case (.log(let line), _): terminal.print(line)
        case (.pong, _): child.gaveSign()
        case (.ready(PipeMessage.version), _): isReady(child)
        case (.ready(let version), _):
            logger.error(
                "\(child.name) speaks version \(version) of the messages, not \(PipeMessage.version): killing it")
            child.kill()
        default: garbled("\(message)", child)
        }
    }

    private func garbled(_ text: String, _ child: Child) {
        logger.warning("a message of \(child.name) is garbled: \(text.prefix(200))")
    }

    /// What a child writes to its standard error, such as why it crashed.
    private func didReceiveStandardError(_ number: Int, _ lines: [LineReader.Line]) {
        for case .whole(let line) in lines {
            (children[number]?.logger ?? logger).error("\(String(buffer: line).prefix(2000))")
        }
    }

    private func isReady(_ child: Child) {
        child.becameReady()
        child.logger.info("\(child.role == .server ? "ready on port \(listener.port)" : "ready!")")
        guard !child.isStopping else { return }
        guard needs(child.role) else { return child.stop() }
        if child.role == .worker { dispatcher.join(child) }
        for old in children.values where old.slot == child.slot && old.isOutgoing { retire(old) }
        letAccept()
        goOnRenewing(child.slot)
    }

    /// Gives the listening socket to the web server that is to stay, once its predecessor has let go of it.
    private func letAccept() {
        guard acceptor == nil,
            let server = children.values.first(where: { $0.role == .server && $0.isReady && $0.isStaying })
        else { return }
        acceptor = server.number
        dispatcher.welcome(server)
    }

    private func stoppedAccepting(_ server: Child) {
        guard acceptor == server.number else { return }
        acceptor = nil
        letAccept()
    }

    private func connectionDidClose(_ number: Int) {
        children[number]?.connectionDidClose()
    }

    private func ended(_ number: Int, _ ending: String) {
        guard let child = children.removeValue(forKey: number) else { return }
        child.connectionDidClose()
        let inHand = dispatcher.lose(child)
        tellEnd(child, ending, inHand)
        dispatcher.settle()
        stoppedAccepting(child)
        goOnRenewing(child.slot)
        guard !child.isStopping, needs(child.role) else { return }
        let wait = backoffs[child.slot, default: RestartBackoff()].died(at: .now(), wasReady: child.isReady)
        if wait > .zero {
            logger.warning(
                "\(child.role.title) dies again and again: starting it in \(wait.nanoseconds / 1_000_000) ms")
        }
        later(wait) { [slot = child.slot] in $0.fill(slot) }
    }

    private func tellEnd(_ child: Child, _ ending: String, _ inHand: Int) {
        guard !child.isStopping else { return child.logger.info("left (\(ending))") }
        meters.died(child.role)
        let fate = settings.semantics == .original ? "are gone with it" : "go to the next"
        child.logger.warning("died :( (\(ending))\(inHand > 0 ? "; \(inHand) emails in its hands \(fate)" : "")")
    }
}
