import BgdemoFoundations
import Synchronization

/// The task in which a processor works. A job in hand is cancelled with it, and another one goes on: so a job needs no
/// task of its own.
final class ProcessorTask: Sendable {
    /// How long a job that was cancelled may take to end: the default of Ruby's RESQUE_TERM_TIMEOUT. Then it is abandoned:
    /// it may go on, and nobody waits for it.
    static let patience = Duration.seconds(4)

    /// How the task ended.
    enum End: Sendable {
        /// The processor has no more to do.
        case finished
        /// A job was cancelled with it, and has ended.
        case cancelled
        /// A job was cancelled with it, and goes on.
        case abandoned(JobInHand, any Error)
    }

    private struct State {
        /// Of the task, from 1.
        var number = 0
        var task: Task<Void, Never>?
        var continuation: CheckedContinuation<End, Never>?
        var job: JobInHand?
        var cancellation: JobCancellation?
        /// The number of the last reservation whose job was abandoned.
        var abandoned = 0
    }

    private let state = Mutex(State())

    /// The identity of the job in hand; nil where there is none.
    var identity: String? { state.withLock(\.job)?.job.identity }

    /// Runs `work` in a new task.
    func run(_ work: @escaping @Sendable () async -> Void) async -> End {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    state.number += 1
                    (state.continuation, state.cancellation) = (continuation, nil)
                    state.task = Task { [number = state.number] in
                        await work()
                        end(number)
                    }
                    if Task.isCancelled { state.task?.cancel() }
                }
            }
        } onCancel: {
            state.withLock(\.task)?.cancel()
        }
    }

    /// Performs a job in the task, in which this is called.
    ///
    /// - Throws: What the job throws; ``JobEnded`` where it was cancelled or abandoned.
    func perform(_ job: JobInHand, _ body: () async throws -> any Sendable) async throws -> any Sendable {
        state.withLock { $0.job = job }
        do {
            let result = try await body()
            if finish(job) == .abandoned { throw JobEnded.abandoned }
            return result
        } catch let error as JobEnded {
            throw error
        } catch {
            switch finish(job) {
            case .cancelled(let cancellation): throw JobEnded.cancelled(cancellation.error(error))
            case .abandoned: throw JobEnded.abandoned
            case .undisturbed: throw error
            }
        }
    }

    /// Whether nobody waits for the job of this reservation any more.
    func hasAbandoned(_ reservation: Reservation) -> Bool {
        state.withLock { $0.abandoned >= reservation.number }
    }

    /// Cancels the job in hand, and takes its lease: a step that must not be done twice is not done any more.
    ///
    /// - Parameter identity: Only a job of this identity; nil is any.
    /// - Returns: False where there is no such job.
    func cancel(_ identity: String?, _ cancellation: JobCancellation) -> Bool {
        let job = state.withLock { state -> JobInHand? in
            guard let job = state.job, identity.map(job.job.identity.hasSameBytes) ?? true else { return nil }
            state.cancellation = state.cancellation ?? cancellation
            job.job.run?.lease.revoke()
            state.task?.cancel()
            return job
        }
        guard let job else { return false }
        Task {
            try? await Task.sleep(for: Self.patience)
            abandon(job)
        }
        return true
    }

    private enum Finish: Equatable { case undisturbed, cancelled(JobCancellation), abandoned }

    private func finish(_ job: JobInHand) -> Finish {
        state.withLock { state in
            guard state.abandoned < job.reservation.number else { return .abandoned }
            state.job = nil
            return state.cancellation.map(Finish.cancelled) ?? .undisturbed
        }
    }

    private func abandon(_ job: JobInHand) {
        let waiting = state.withLock { state -> (CheckedContinuation<End, Never>, JobCancellation)? in
            guard state.job?.reservation.number == job.reservation.number, let cancellation = state.cancellation,
                let continuation = state.continuation.take()
            else { return nil }
            (state.job, state.abandoned) = (nil, job.reservation.number)
            return (continuation, cancellation)
        }
        guard let (continuation, cancellation) = waiting else { return }
        continuation.resume(returning: .abandoned(job, cancellation.error(CancellationError())))
    }

    private func end(_ number: Int) {
        let waiting = state.withLock { state -> (CheckedContinuation<End, Never>, Bool)? in
            guard state.number == number, let continuation = state.continuation.take() else { return nil }
            return (continuation, state.cancellation != nil)
        }
        guard let (continuation, isCancelled) = waiting else { return }
        continuation.resume(returning: isCancelled ? .cancelled : .finished)
    }
}

/// A job that a processor performs.
struct JobInHand: Sendable {
    let job: Job
    let reservation: Reservation
    let began: ContinuousClock.Instant
}

/// Who cancelled a job.
enum JobCancellation {
    /// ``Queue/cancel(_:)``.
    case queue
    /// ``WorkerControl/cancelJobs()``.
    case control

    /// - Parameter error: What the job threw.
    func error(_ error: any Error) -> any Error {
        switch self {
        case .queue: JobCancelled()
        case .control: JobKilled(error: error)
        }
    }
}

/// A job did not come to an end of its own.
enum JobEnded: Error {
    /// With the error that the job fails with.
    case cancelled(any Error)
    /// It has failed already, and another job may be in hand.
    case abandoned
}
