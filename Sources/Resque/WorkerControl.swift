import Synchronization

/// Pauses the workers whose options have it, and cancels their jobs: what Ruby's workers do at SIGUSR2, SIGCONT and SIGUSR1.
///
/// ```swift
/// options.control = WorkerControl()
/// let worker = Worker(queues: ["mails"], jobs: jobs, redis: url, on: group, options: options, logger: logger)
/// options.control?.pause()
/// ```
public final class WorkerControl: Sendable {
    private struct State {
        var isPaused = false
        var groups: [ObjectIdentifier: ProcessorGroup] = [:]
    }

    private let state = Mutex(State())

    /// Workers are not paused.
    public init() {}

    /// Whether the workers take no jobs. Others see it in ``Queue/RegisteredWorker/isPaused``.
    public var isPaused: Bool { state.withLock(\.isPaused) }

    /// The workers take no more jobs. Those in hand are finished.
    public func pause() { change(isPaused: true) }

    /// The workers take jobs again.
    public func resume() { change(isPaused: false) }

    /// Cancels the jobs in hand. A job that ends by it, with any error, goes to `failed` as `Resque::DirtyExit`, without
    /// another attempt; the worker takes the next one. One that has not ended after 4 seconds, as by Ruby's
    /// RESQUE_TERM_TIMEOUT, fails as well: it may go on, without its lease (``Job/isLeaseHeld``), and nobody waits for it.
    ///
    /// - Returns: How many were cancelled.
    @discardableResult
    public func cancelJobs() -> Int {
        state.withLock { Array($0.groups.values) }.flatMap(\.processors).count { $0.task.cancel(nil, .control) }
    }

    func add(_ group: ProcessorGroup) { state.withLock { $0.groups[ObjectIdentifier(group)] = group } }

    func remove(_ group: ProcessorGroup) { state.withLock { $0.groups[ObjectIdentifier(group)] = nil } }

    private func change(isPaused: Bool) {
        let groups = state.withLock { state in
            defer { state.isPaused = isPaused }
            return state.isPaused == isPaused ? [] : Array(state.groups.values)
        }
        for group in groups { group.pauseDidChange() }
    }
}

/// ``WorkerControl/cancelJobs()`` ended a job.
struct JobKilled: NamedJobError, CustomStringConvertible {
    let error: any Error

    /// As Ruby's worker names it, whose child is killed.
    let exceptionName = "Resque::DirtyExit"

    var description: String {
        error is CancellationError
            ? "the job was cancelled in its worker" : "the job was cancelled in its worker: \(error)"
    }
}
