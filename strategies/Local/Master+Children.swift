import BgdemoCore
import BgdemoFoundations
import BgdemoNetSupport
import BgdemoPipes
import Logging
import NIOCore
import Subprocess

/// How children are started, listened to and replaced.
extension Master {
    /// Starts a child for the slot, unless it has one that stays.
    func spawn(_ slot: ChildSlot) {
        guard needs(slot.role), !children.values.contains(where: { $0.slot == slot && $0.isStaying }) else { return }
        logger.info("starting \(slot.role.title)")
        lastNumber += 1
        let child = Child(number: lastNumber, slot: slot, logger: logger)
        children[lastNumber] = child
        spawnRequests.continuation.yield(
            SpawnRequest(number: lastNumber, role: slot.role, signals: child.signals))
    }

    /// Whether children of this role are still started.
    private func needs(_ role: ChildRole) -> Bool {
        switch role {
        case .server: phase == .running
        case .worker: phase < .stoppingWorkers
        }
    }

    /// Runs a child from its start to its end.
    nonisolated func runChild(_ request: SpawnRequest) async {
        let ending: String
        do {
            let pipes = try ChildPipes(passing: request.role == .server ? listener.socket : nil)
            let command = ChildCommand(
                arguments: context.arguments(request.role.role), variables: context.variables(request.role.role))
            let status = try await command.asChild(request.role, isSpooled: settings.spool != nil)
                .run(pipes, signals: request.signals) { pid in try await self.didSpawn(request.number, pid, pipes) }
            ending = Self.text(status)
        } catch {
            ending = "\(error)"
        }
        await didEnd(request.number, ending)
    }

    private static func text(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "exit code \(code)"
        case .signaled(let signal): "signal \(signal)"
        }
    }

    /// Opens the master's ends of the pipes.
    private func didSpawn(_ number: Int, _ pid: Int32, _ pipes: ChildPipes) async throws {
        guard let child = children[number] else { return }
        child.didSpawn(pid: pid, writer: try await pipes.writer(on: loop), logger: context.childLogger)
        try await LineInboundHandler.read(from: pipes.errors, on: loop) {
            LineInboundHandler(didReceive: { lines in
                self.assumeIsolated { $0.didReceiveStandardError(number, lines) }
            })
        }
        try await LineInboundHandler.read(from: pipes.output, on: loop) {
            LineInboundHandler(
                didReceive: { lines in self.assumeIsolated { $0.didReceive(number, lines) } },
                didReadAll: { self.assumeIsolated { $0.dispatcher.dispatch() } },
                didClose: { self.assumeIsolated { $0.connectionDidClose(number) } })
        }
    }

    private func didReceive(_ number: Int, _ lines: [LineReader.Line]) {
        guard let child = children[number] else { return }
        for line in lines {
            switch line {
            case .whole(let line):
                if let message = PipeMessage(line) {
                    handle(message, from: child)
                } else {
                    logInvalid(String(buffer: line), child)
                }
            case .tooLong(let bytes): logInvalid("\(bytes) bytes", child)
            }
        }
    }

    private func handle(_ message: PipeMessage, from child: Child) {
        switch (message, child.role) {
        case (.mail(let mail), .server): dispatcher.accept(mail, from: child)
        case (.sent(let id), .worker): dispatcher.didSend(id, worker: child)
        case (.failed(let id, let outcome), .worker): dispatcher.didFail(id, outcome, worker: child)
        case (.closed, .server): didStopAccepting(child)
        case (.status(let id, _), .server): child.send(.status(id, dispatcher.status(of: id)))
        case (.log(let line), _): context.print(line)
        case (.pong, _): child.didAnswer()
        case (.ready(PipeMessage.version), _): didBecomeReady(child)
        case (.ready(let version), _):
            logger.error(
                "killing a child that has another version of the messages",
                metadata: ["child": "\(child.name)", "version": "\(version)", "expected": "\(PipeMessage.version)"])
            child.kill()
        default: logInvalid("\(message)", child)
        }
    }

    private func logInvalid(_ text: String, _ child: Child) {
        logger.warning(
            "ignoring an invalid message",
            metadata: ["child": "\(child.name)", "message": "\(printable(text, limit: 200))"])
    }

    /// Logs what a child writes to its standard error, such as the reason of a crash.
    private func didReceiveStandardError(_ number: Int, _ lines: [LineReader.Line]) {
        for case .whole(let line) in lines {
            (children[number]?.logger ?? logger).error("\(printable(String(buffer: line), limit: 2000))")
        }
    }

    private func didBecomeReady(_ child: Child) {
        child.didBecomeReady()
        child.logger.info("\(child.role == .server ? "ready on port \(listener.port)" : "ready!")")
        guard child.phase != .stopping else { return }
        guard needs(child.role) else { return child.stop() }
        if child.role == .worker { dispatcher.add(worker: child) }
        for old in children.values where old.slot == child.slot && old.phase == .outgoing { retire(old) }
        passListener()
        continueReplacements(child.slot)
    }

    /// Lets the web server that stays accept, once the one before it accepts no more.
    private func passListener() {
        guard acceptingServer == nil,
            let server = children.values.first(where: { $0.role == .server && $0.phase == .running })
        else { return }
        acceptingServer = server.number
        dispatcher.add(server: server)
    }

    private func didStopAccepting(_ server: Child) {
        guard acceptingServer == server.number else { return }
        acceptingServer = nil
        passListener()
    }

    private func connectionDidClose(_ number: Int) {
        children[number]?.connectionDidClose()
    }

    private func didEnd(_ number: Int, _ ending: String) {
        guard let child = children.removeValue(forKey: number) else { return }
        child.connectionDidClose()
        logEnd(child, ending, dispatcher.remove(child))
        dispatcher.dispatch()
        didStopAccepting(child)
        continueReplacements(child.slot)
        guard child.phase != .stopping, needs(child.role) else { return }
        let wait = backoffs[child.slot, default: RestartBackoff()].delay(afterDeathAt: .now(), wasReady: child.wasReady)
        if wait > .zero {
            logger.warning(
                "\(child.role.title) dies again and again: waiting before its next start",
                metadata: ["for": "\(wait.nanoseconds / 1_000_000) ms"])
        }
        later(wait) { [slot = child.slot] in $0.spawn(slot) }
    }

    private func logEnd(_ child: Child, _ ending: String, _ abandoned: AbandonedMails) {
        guard child.phase != .stopping else {
            return child.logger.info("ended", metadata: ["by": "\(ending)"])
        }
        meters.recordDeath(of: child.role)
        var metadata: Logger.Metadata = ["by": "\(ending)"]
        if abandoned.count > 0 { metadata[abandoned.fate] = "\(abandoned.count)" }
        child.logger.warning("died :(", metadata: metadata)
    }
}
