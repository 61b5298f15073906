import Synchronization

/// One worker: reserves a job, performs it, settles it, and again.
final class Processor: Sendable {
    let id: WorkerID
    let crew: Crew
    private let dismissed = Atomic(false)
    private let working = Atomic(false)
    private let resigning = Atomic(false)

    init(id: WorkerID, crew: Crew) {
        (self.id, self.crew) = (id, crew)
    }

    var isDismissed: Bool { dismissed.load(ordering: .relaxed) }
    var isResigning: Bool { resigning.load(ordering: .relaxed) }
    var isWorking: Bool { working.load(ordering: .relaxed) }

    /// Has it leave when it is done with its job.
    func dismiss() { dismissed.store(true, ordering: .relaxed) }

    func run() async {
        let isRegistered = await crew.insist(until: .leaving, id) { _ in
            try await crew.update()
            try await crew.register { [id] }
            return true
        }
        if isRegistered == true {
            crew.tell(id, .start)
            await work()
            await resign()
            crew.tell(id, .end)
        } else {
            // Redis may have done what it did not answer.
            await resign(until: .working)
        }
        crew.left(self)
    }

    private func work() async {
        /// What was performed, which is said with the reservation of the next.
        var performed: Performed?
        var number = 0
        while !isDismissed, crew.phase == .working {
            crew.tell(id, .poll)
            let (last, next) = (performed, number + 1)
            guard
                let reply = await crew.insist(
                    until: .leaving, id,
                    { isFirst in try await crew.store.reserve(next, after: last, isFirst, for: id, from: crew.counter) }
                )
            else { break }
            performed = nil
            if reply.isLost { crew.tell(id, .error(TurnLost(worker: id.description), nil)) }
            switch reply.found {
            case .turn(let turn):
                number = turn.number
                // Where one job is there may be another.
                crew.bell.ring()
                working.store(true, ordering: .relaxed)
                performed = await perform(turn)
                working.store(false, ordering: .relaxed)
            case .unfit(let what):
                if let last { await fail(last.turn, WrongKey(description: what), job: last.job, since: .now) }
            case .nothing:
                crew.tell(id, .pause)
                await crew.bell.sleep { self.isDismissed }
            case .wrong(let what):
                crew.tell(id, .error(WrongKey(description: what), nil))
                try? await Task.sleep(for: .seconds(1))
            }
        }
        // The bell may have rung for this one, which takes no job any more.
        crew.bell.ring()
        if let performed { await settle(performed.turn, .done(performed.followUps)) }
    }

    /// Removes the worker and its keys. A job that is still recorded with it goes back to its queue.
    ///
    /// - Parameter limit: The phase after which one attempt has to do.
    func resign(until limit: Crew.Phase = .gone) async {
        resigning.store(true, ordering: .relaxed)
        // Not cancelled with the task that has to leave.
        await Task { [self] in
            await crew.beaten()
            _ = await crew.insist(until: limit, id) { _ in
                while true {
                    let (record, memory) = try await crew.store.record(of: id)
                    if try await crew.store.bury(id, record, heartbeat: nil, .front(memory)) { return }
                }
            }
        }.value
    }
}
