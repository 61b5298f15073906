import BgdemoNetSupport
import BgdemoPipes
import Logging
import NIOCore

/// How the master replaces its children, and how it stops.
extension Master {
    // MARK: SIGHUP

    /// Replaces every child, one slot after the other: the new one is ready before the old one is told to stop. Clients
    /// that connect between the two wait in the listening socket, which is the master's.
    func replaceChildren() {
        guard phase == .running else { return }
        logger.info("replacing the children, one after the other")
        let slots = Set(children.values.map(\.slot)).subtracting(replacements)
        let isFirst = replacements.isEmpty
        replacements += slots.sorted { ($0.role.rawValue, $0.index) < ($1.role.rawValue, $1.index) }
        if isFirst { beginReplacement() }
    }

    private func beginReplacement() {
        guard let slot = replacements.first else { return }
        for child in children.values where child.slot == slot { child.beginReplacement() }
        spawn(slot)
    }

    /// Continues with the next slot when the new child of this one is ready and the old one has been told to stop.
    func continueReplacements(_ slot: ChildSlot) {
        let children = children.values.filter { $0.slot == slot }
        guard replacements.first == slot, children.contains(where: \.wasReady),
            !children.contains(where: { $0.phase == .outgoing })
        else { return }
        replacements.removeFirst()
        beginReplacement()
    }

    func retire(_ child: Child) {
        child.stop()
        dispatcher.retire(child)
        later(TimeAmount(settings.grace)) { [number = child.number] in $0.children[number]?.kill() }
    }

    // MARK: SIGTERM

    /// Stops listening, then the web server, so that no more mails come; then sends the mails; then stops the workers.
    func stop() async {
        guard phase == .running else { return }
        logger.info("stopping", metadata: ["unsent": "\(dispatcher.count)"])
        phase = .closing
        deadline = .now() + TimeAmount(settings.grace)
        // The process that closes the socket last resets the connections that wait in it: the web server accepts them first.
        await listener.close()
        for child in children.values where child.role == .server { retire(child) }
        advance()
    }

    private func advance() {
        let isLate = deadline <= .now()
        if phase == .closing, isLate || !children.values.contains(where: { $0.role == .server }) { phase = .draining }
        if phase == .draining, isLate || !dispatcher.canProgress(before: deadline) {
            phase = .stoppingWorkers
            for child in children.values where child.role == .worker && child.phase != .stopping { child.stop() }
        }
        if phase == .stoppingWorkers, children.isEmpty { return spawnRequests.continuation.finish() }
        if deadline + Self.reportTime <= .now() { for child in children.values { child.kill() } }
        later(.milliseconds(20)) { $0.advance() }
    }
}
