/// The middle of a turn: the job is performed, between its plugins, and settled.
extension Processor {
    /// What was performed where only its acknowledgement is left to do.
    func perform(_ turn: Turn) async -> Performed? {
        let began = ContinuousClock.now
        let job: Job
        do {
            job = try Job(turn)
        } catch {
            await fail(turn, error, job: nil, since: began)
            return nil
        }
        do {
            let definition = try crew.jobs.definition(of: job.className)
            crew.tell(id, .job(job))
            switch try await admission(of: job, definition.plugins) {
            case .perform: return await conclude(turn, job, definition, since: began)
            case .skip: await settle(turn, .skip)
            case .later(let delay):
                await settle(turn, .later(turn.memory, after: delay))
                crew.tell(id, .reEnqueue(job, reason: "put off", after: delay))
            }
        } catch {
            await fail(turn, error, job: job, since: began)
        }
        return nil
    }

    private func admission(of job: Job, _ plugins: [any Plugin]) async throws -> Admission {
        for plugin in plugins {
            let admission = try await plugin.beforePerform(job, from: crew.queue, by: id.description)
            guard admission == .perform else { return admission }
        }
        return .perform
    }

    private func conclude(
        _ turn: Turn, _ job: Job, _ definition: Jobs.Definition, since began: ContinuousClock.Instant
    ) async -> Performed? {
        var result: any Sendable = ()
        var verdict = Verdict.success
        do {
            result = try await definition.perform(job)
        } catch is CancellationError where Task.isCancelled {
            await settle(turn, .front(turn.memory))
            crew.tell(id, .reEnqueue(job, reason: "the worker leaves", after: .zero))
            return nil
        } catch {
            verdict = .failure(error)
        }
        for plugin in definition.plugins {
            do {
                verdict = try await plugin.afterPerform(job, verdict, from: crew.queue, by: id.description)
            } catch {
                verdict = .failure(error)
            }
        }
        switch verdict {
        case .success:
            crew.tell(id, .success(job, result: result, took: ContinuousClock.now - began))
            return Performed(turn: turn, job: job, followUps: (result as? FollowUps)?.jobs ?? [])
        case .failure(let error):
            await fail(turn, error, job: job, since: began)
        case .retry(let error, let delay):
            var memory = turn.memory
            memory.failures += 1
            await settle(turn, .retry(memory, after: delay))
            crew.tell(id, .reEnqueue(job, reason: "\(error)", after: delay))
        }
        return nil
    }

    /// - Parameter job: Nil where the turn's bytes are none.
    func fail(_ turn: Turn, _ error: any Error, job: Job?, since began: ContinuousClock.Instant) async {
        let entry = Failure.entry(
            job: turn.bytes, isJSON: job != nil, exception: Failure.exception(error), error: "\(error)",
            worker: id.description, queue: turn.queue)
        await settle(turn, .failed(entry))
        crew.tell(id, .failure(job, error, took: ContinuousClock.now - began))
    }

    /// Ends the turn in Redis, also when the worker has to leave.
    func settle(_ turn: Turn, _ outcome: Outcome) async {
        let isOurs = await Task { [self] in
            await crew.insist(until: .gone, id) { isFirst in
                // What is not ours any more at a further try was settled at an earlier one whose reply was lost.
                try await crew.store.settle(turn, by: id, outcome) || !isFirst
            }
        }.value
        if isOurs == false { crew.tell(id, .error(TurnLost(worker: id.description), nil)) }
    }
}

/// The job was taken from the worker while it performed it, because its heartbeat had stopped for too long. Another may
/// have performed it as well.
struct TurnLost: Error, CustomStringConvertible {
    let worker: String

    var description: String {
        "\(worker) was taken for dead and its job given to another; it may be performed twice"
    }
}

/// A key of ours is of another type; nothing can be taken from it.
struct WrongKey: Error, CustomStringConvertible {
    let description: String
}
