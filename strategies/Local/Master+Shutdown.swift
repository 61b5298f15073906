import Logging
import NIOCore

/// How the master renews its children, and how it ends.
extension Master {
    // MARK: SIGHUP

    /// Renews every child, one place after the other: the new one is ready before the old one is told to stop. Clients
    /// that come between the two wait in the listening socket, which is the master's.
    func renew() {
        guard phase == .running else { return }
        logger.info("renewing the children, one after the other")
        let slots = Set(children.values.map(\.slot)).subtracting(renewals)
        let isFirst = renewals.isEmpty
        renewals += slots.sorted { ($0.role.rawValue, $0.place) < ($1.role.rawValue, $1.place) }
        if isFirst { renewFirst() }
    }

    private func renewFirst() {
        guard let slot = renewals.first else { return }
        for child in children.values where child.slot == slot { child.isOutgoing = true }
        fill(slot)
    }

    /// Goes to the next place when this one has a new child, and its old one is gone.
    func goOnRenewing(_ slot: ChildSlot) {
        let there = children.values.filter { $0.slot == slot }
        guard renewals.first == slot, there.contains(where: \.isReady), !there.contains(where: \.isOutgoing)
        else { return }
        renewals.removeFirst()
        renewFirst()
    }

    func retire(_ child: Child) {
        child.stop()
        dispatcher.dismiss(child)
        later(TimeAmount(settings.grace)) { [number = child.number] in $0.children[number]?.kill() }
    }

    // MARK: SIGTERM

    /// First the web server, that no more mails come; then the mails; then the workers.
    func stop() {
        guard phase == .running else { return }
        logger.info("ending: \(dispatcher.count) emails are still to be sent")
        phase = .closing
        deadline = .now() + TimeAmount(settings.grace)
        for child in children.values where child.role == .server { retire(child) }
        advance()
    }

    private func advance() {
        let isLate = deadline <= .now()
        if phase == .closing, isLate || !children.values.contains(where: { $0.role == .server }) { phase = .draining }
        if phase == .draining, isLate || !dispatcher.canProgress(before: deadline) {
            phase = .leaving
            for child in children.values where child.role == .worker && !child.isStopping { child.stop() }
        }
        if phase == .leaving, children.isEmpty { return spawnRequests.continuation.finish() }
        if deadline + Self.lastWord <= .now() { for child in children.values { child.kill() } }
        later(.milliseconds(20)) { $0.advance() }
    }
}
