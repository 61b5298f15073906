import BgdemoTraceContext
import Tracing

/// Performs a reserved job, with its plugins, and acknowledges it.
extension Processor {
    /// - Returns: The job, where only its acknowledgement is left to do.
    func perform(_ reservation: Reservation) async -> PerformedJob? {
        let began = ContinuousClock.now
        let job: Job
        do {
            job = try Job(reservation, run: run(of: reservation))
        } catch {
            await fail(reservation, error, job: nil, since: began)
            return nil
        }
        do {
            let definition = try processorGroup.jobs.definition(of: job)
            processorGroup.emit(id, .job(job))
            switch try await decision(of: job, definition.plugins) {
            case .perform: return await conclude(reservation, job, definition, since: began)
            case .skip: await acknowledge(reservation, .skip)
            case .later(let delay):
                await acknowledge(reservation, .later(reservation.history, after: delay))
                processorGroup.emit(id, .reEnqueue(job, reason: "put off", after: delay))
            }
        } catch let error as UnknownClass where processorGroup.options.onUnknownClass == .leave {
            await leave(reservation, job, error, since: began)
        } catch {
            await fail(reservation, error, job: job, since: began)
        }
        return nil
    }

    /// Leaves a job in its queue for a worker that knows its class.
    private func leave(
        _ reservation: Reservation, _ job: Job, _ error: UnknownClass, since began: ContinuousClock.Instant
    ) async {
        let decision = processorGroup.leftJobs.decide(job)
        guard decision != .fail else { return await fail(reservation, error, job: job, since: began) }
        await acknowledge(reservation, .back(reservation.history))
        if decision == .leave {
            processorGroup.emit(id, .reEnqueue(job, reason: "\(error)", after: .zero))
        } else {
            // There may be no other job: others get time to take it.
            try? await Task.sleep(for: Self.leftJobPause)
        }
    }

    /// How long a processor waits when a job that it left comes again.
    private static let leftJobPause = Duration.milliseconds(250)

    private func run(of reservation: Reservation) -> JobRun {
        let lease = JobLease(
            processorGroup.lease, reservation.number, term: reservation.term, confirm: confirmLease)
        return JobRun(
            reservation.number, worker: id.description, logger: processorGroup.logger, lease: lease,
            write: writeProgress)
    }

    static func progressWriter(_ processorGroup: ProcessorGroup, _ id: WorkerID) -> JobRun.ProgressWriter {
        let (store, id) = (processorGroup.store, id.description)
        return { number, fraction in
            _ = try? await store.send("SET", store.keys.progress(of: id), "\(number) \(fraction)", "EX", 86_400)
        }
    }

    static func leaseConfirmation(_ processorGroup: ProcessorGroup, _ id: WorkerID) -> JobLease.Confirmation {
        { number in
            // The job cannot be taken from a process that has just renewed its lease.
            guard (try? await processorGroup.renewLease()) != nil, let term = processorGroup.lease.term else {
                return nil
            }
            return (try? await processorGroup.store.holds(number, id)) == true ? term : nil
        }
    }

    private func decision(of job: Job, _ plugins: [any Plugin]) async throws -> PerformDecision {
        for plugin in plugins {
            let decision = try await plugin.beforePerform(job, from: processorGroup.queue, by: id.description)
            guard decision == .perform else { return decision }
        }
        return .perform
    }

    private func conclude(
        _ reservation: Reservation, _ job: Job, _ definition: Jobs.Definition, since began: ContinuousClock.Instant
    ) async -> PerformedJob? {
        var returned: any Sendable = ()
        var result = PerformResult.success
        let span = startSpan(of: job, definition, reservation)
        defer { span?.end() }
        do {
            let hand = JobInHand(job: job, reservation: reservation, began: began)
            returned = try await task.perform(hand) { try await perform(job, definition, in: span) }
        } catch JobEnded.cancelled(let error) {
            span?.fail(error)
            await fail(reservation, error, job: job, since: began)
            return nil
        } catch JobEnded.abandoned {
            span?.fail(CancellationError())
            return nil
        } catch is CancellationError where Task.isCancelled {
            await putBack(reservation, job, "the worker leaves")
            return nil
        } catch  where error is LeaseLost || error is CancellationError && !job.isLeaseHeld {
            await putBack(reservation, job, "the worker's lease ran out")
            return nil
        } catch {
            result = .failure(error)
        }
        for plugin in definition.plugins {
            do {
                result = try await plugin.afterPerform(job, result, from: processorGroup.queue, by: id.description)
            } catch {
                result = .failure(error)
            }
        }
        if let span, let error = result.error { span.fail(error) }
        switch result {
        case .success:
            processorGroup.emit(id, .success(job, result: returned, took: ContinuousClock.now - began))
            return PerformedJob(
                reservation: reservation, job: job, followUps: followUps(jobs(in: returned), in: span)
            )
        case .failure(let error):
            await fail(reservation, error, job: job, since: began)
        case .retry(let error, let delay):
            var history = history(reservation, span)
            (history.failures, history.outages) = (history.failures + 1, 0)
            await acknowledge(reservation.attempt(job, after: delay, definition), .retry(history, after: delay))
            processorGroup.emit(id, .reEnqueue(job, reason: "\(error)", after: delay))
        case .postpone(let error, let delay):
            var history = history(reservation, span)
            history.outages += 1
            await acknowledge(reservation, .later(history, after: delay))
            processorGroup.emit(id, .postponed(job, error, after: delay))
        }
        return nil
    }

    private func startSpan(of job: Job, _ definition: Jobs.Definition, _ reservation: Reservation) -> (any Span)? {
        processorGroup.tracing?.startProcess(job, definition.trace(job), reservation.history)
    }

    private func perform(
        _ job: Job, _ definition: Jobs.Definition, in span: (any Span)?
    ) async throws -> any Sendable {
        guard let span, span.context.isToBeSet else { return try await definition.run(job) }
        return try await ServiceContext.withValue(span.context) { try await definition.run(job) }
    }

    private func jobs(in returned: any Sendable) -> [Job] {
        // A cast takes longer, and nearly no job returns any.
        type(of: returned) == FollowUps.self ? (returned as? FollowUps)?.jobs ?? [] : []
    }

    private func followUps(_ jobs: [Job], in span: (any Span)?) -> [Job] {
        guard let span, !jobs.isEmpty else { return jobs }
        return ServiceContext.withValue(span.context) { processorGroup.queue.traced(jobs) }
    }

    /// The history of a job that comes back, with the span of this attempt.
    private func history(_ reservation: Reservation, _ span: (any Span)?) -> JobHistory {
        var history = reservation.history
        if let span, let tracing = processorGroup.tracing {
            history.trace = TraceFields(span.context, tracing.tracer).word
        }
        return history
    }

    private func putBack(_ reservation: Reservation, _ job: Job, _ reason: String) async {
        guard await acknowledge(reservation, .front(reservation.history)) else { return }
        processorGroup.emit(id, .reEnqueue(job, reason: reason, after: .zero))
    }

    /// - Parameter job: nil where the bytes are not a job.
    func fail(_ reservation: Reservation, _ error: any Error, job: Job?, since began: ContinuousClock.Instant) async {
        let entry = FailedEntry.entry(
            job: reservation.bytes,
            exception: processorGroup.options.exceptionName(error) ?? FailedEntry.exception(error), error: "\(error)",
            worker: id.description, queue: reservation.queue)
        await acknowledge(reservation, .failed(entry))
        processorGroup.emit(id, .failure(job, error, took: ContinuousClock.now - began))
    }

    /// Acknowledges the reservation, also while the worker stops.
    ///
    /// - Returns: Whether it was acknowledged.
    @discardableResult
    func acknowledge(_ reservation: Reservation, _ acknowledgement: Acknowledgement) async -> Bool {
        let isOurs = await Task { [self] in
            await processorGroup.retry(until: .stopped, id) { isFirst in
                // After the first attempt it may be acknowledged already, by one whose reply was lost.
                try await processorGroup.store.acknowledge(reservation, by: id, acknowledgement) || !isFirst
            }
        }.value
        if isOurs == false { processorGroup.emit(id, .error(ReservationLost(worker: id.description), nil)) }
        return isOurs == true
    }
}

/// The worker lost its job while it performed it, because it wrote no heartbeat for too long. Another worker may have
/// performed it, too.
struct ReservationLost: Error, CustomStringConvertible {
    let worker: String

    var description: String {
        "\(worker) was taken for dead and its job given to another; it may be performed twice"
    }
}

/// A key has another type than the library expects.
struct WrongKeyType: Error, CustomStringConvertible {
    let description: String
}
