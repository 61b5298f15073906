import BgdemoFoundations
import Synchronization

/// One worker. Its phases: it registers itself; it reserves a job, performs it and acknowledges it, again and again; it
/// waits while there is no job; it unregisters itself.
final class Processor: Sendable {
    let id: WorkerID
    let processorGroup: ProcessorGroup
    private let reserver: Reserver
    private let reserving: ReservingWorker
    /// Whether its id is in the set of workers, for all programs to see.
    let isRegistered: Bool
    let task = ProcessorTask()
    /// What each job gets to say how much of it is done, and to ask whether it is still the worker's.
    let writeProgress: JobRun.ProgressWriter
    let confirmLease: JobLease.Confirmation
    private let stopping = Atomic(false)
    private let working = Atomic(false)
    private let holding = Atomic(false)
    private let unregistering = Atomic(false)
    /// Of the last reservation.
    private let number = Atomic(0)

    init(id: WorkerID, processorGroup: ProcessorGroup, _ reserver: Reserver, isRegistered: Bool) {
        (self.id, self.processorGroup, self.reserver) = (id, processorGroup, reserver)
        self.isRegistered = isRegistered
        reserving = ReservingWorker(id, processorGroup.store.keys)
        writeProgress = Self.progressWriter(processorGroup, id)
        confirmLease = Self.leaseConfirmation(processorGroup, id)
    }

    var isStopping: Bool { stopping.load(ordering: .relaxed) }
    var isUnregistering: Bool { unregistering.load(ordering: .relaxed) }
    var isWorking: Bool { working.load(ordering: .relaxed) }
    /// Whether it performs a job, or has one to acknowledge.
    var holdsJob: Bool { holding.load(ordering: .relaxed) }

    /// Makes it stop after its current job.
    func stop() { stopping.store(true, ordering: .relaxed) }

    func run() async {
        let hasBegun = await processorGroup.retry(until: .draining, id) { _ in
            try await processorGroup.update()
            try await processorGroup.register { isRegistered ? [id] : [] }
            return true
        }
        if hasBegun == true {
            processorGroup.emit(id, .start)
            await workOn()
            await unregister()
            processorGroup.emit(id, .end)
        } else {
            // Redis may have registered it without an answer.
            await unregister(until: .running)
        }
        processorGroup.processorDidExit(self)
    }

    /// Works, also after a job was cancelled.
    private func workOn() async {
        while true {
            switch await task.run({ await self.work() }) {
            case .finished: return
            case .cancelled: break
            case .abandoned(let hand, let error):
                await fail(hand.reservation, error, job: hand.job, since: hand.began)
                working.store(false, ordering: .relaxed)
                holding.store(false, ordering: .relaxed)
            }
        }
    }

    private func work() async {
        /// The job that was performed; it is acknowledged together with the next reservation.
        var performed: PerformedJob?
        while !isStopping, !Task.isCancelled, processorGroup.phase == .running {
            if processorGroup.control.isPaused {
                if let last = performed { await acknowledge(last.reservation, .done(last.followUps)) }
                performed = nil
                holding.store(false, ordering: .relaxed)
                await waitWhilePaused()
                continue
            }
            processorGroup.emit(id, .poll)
            let (last, next) = (performed, number.load(ordering: .relaxed) + 1)
            guard
                let reply = await processorGroup.retry(
                    until: .draining, id,
                    { isFirst in
                        try await reserver.reserve(
                            ReserveRequest(
                                worker: reserving, number: next, last: last?.reservation.number ?? 0,
                                followUps: last?.followUps ?? [], isFirst: isFirst))
                    }
                )
            else { break }
            performed = nil
            holding.store(false, ordering: .relaxed)
            if reply.isLost { processorGroup.emit(id, .error(ReservationLost(worker: id.description), nil)) }
            switch reply.found {
            case .reserved(let reservation):
                number.store(reservation.number, ordering: .relaxed)
                // There may be another job for another processor.
                processorGroup.wakeup.signal()
                working.store(true, ordering: .relaxed)
                holding.store(true, ordering: .relaxed)
                performed = await perform(reservation)
                if task.hasAbandoned(reservation) { return }
                working.store(false, ordering: .relaxed)
                holding.store(performed != nil, ordering: .relaxed)
            case .unfit(let what):
                if let last {
                    await fail(last.reservation, WrongKeyType(description: what), job: last.job, since: .now)
                }
            case .nothing:
                processorGroup.emit(id, .pause)
                await processorGroup.wakeup.wait { self.isStopping }
            case .wrong(let what):
                processorGroup.emit(id, .error(WrongKeyType(description: what), nil))
                try? await Task.sleep(for: .seconds(1))
            }
        }
        // A signal may have been for this processor, which takes no job any more.
        processorGroup.wakeup.signal()
        if let performed { await acknowledge(performed.reservation, .done(performed.followUps)) }
        holding.store(false, ordering: .relaxed)
    }

    private func waitWhilePaused() async {
        processorGroup.emit(id, .pause)
        await processorGroup.resumption.wait { self.isStopping || !self.processorGroup.control.isPaused }
    }

    /// Removes the worker and its keys. A job that is still recorded with it goes back to its queue.
    ///
    /// - Parameter limit: The phase after which only one attempt is made.
    func unregister(until limit: ProcessorGroup.Phase = .stopped) async {
        unregistering.store(true, ordering: .relaxed)
        // Not cancelled with the task that stops.
        await Task { [self] in
            await processorGroup.waitForBeat()
            _ = await processorGroup.retry(until: limit, id) { _ in
                while true {
                    let (record, history) = try await processorGroup.store.record(of: id)
                    if try await processorGroup.store.removeWorker(id, record, heartbeat: nil, .front(history)) {
                        return
                    }
                }
            }
        }.value
    }
}
