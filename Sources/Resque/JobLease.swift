import Synchronization

/// The right of a worker to act on a job that it has reserved.
final class JobLease: Sendable {
    private let process: ProcessLease
    /// Of the process' lease, when the job was last known to be the worker's; -1 is none.
    private let term: Atomic<Int>
    private let number: Int
    private let confirm: Confirmation
    private let isRevoked = Atomic(false)

    /// Renews the process' lease and returns its term, where Redis says that the job of a reservation is still the worker's.
    typealias Confirmation = @Sendable (_ number: Int) async -> Int?

    /// - Parameters:
    ///   - number: Of the reservation.
    ///   - term: Of the process' lease, from before the job was reserved; nil where it was not held.
    init(_ process: ProcessLease, _ number: Int, term: Int?, confirm: @escaping Confirmation) {
        (self.process, self.number, self.confirm) = (process, number, confirm)
        self.term = Atomic(term ?? -1)
    }

    var isHeld: Bool { !isRevoked.load(ordering: .relaxed) && process.term == term.load(ordering: .relaxed) }

    /// The worker gives the job up.
    func revoke() { isRevoked.store(true, ordering: .relaxed) }

    func check() async throws(LeaseLost) {
        if isHeld { return }
        guard !isRevoked.load(ordering: .relaxed), let confirmed = await confirm(number) else { throw LeaseLost() }
        term.store(confirmed, ordering: .relaxed)
    }
}

extension Job {
    /// Whether the job is certainly still the worker's. It asks nobody, and costs little: ask right before the step that
    /// must not be done twice.
    ///
    /// False after the process could not renew its lease for a while, because it was stopped or Redis was unavailable:
    /// other workers may have taken it for dead and perform the job. ``checkLease()`` makes sure. True for a job that no
    /// worker has reserved. A job that throws `CancellationError` while this is false has not failed: it is put back, as
    /// after ``LeaseLost``.
    public var isLeaseHeld: Bool { run?.lease.isHeld ?? true }

    /// Returns where the job is still the worker's; asks Redis where that is not certain.
    ///
    /// - Throws: ``LeaseLost`` where it is not, or Redis is unavailable. Let the job throw it: it is no failure of the job,
    ///   which goes back to the front of its queue unless another worker has it.
    public func checkLease() async throws(LeaseLost) { try await run?.lease.check() }
}

/// A worker stops performing a job that others may perform by now.
///
/// A job that throws it was not performed to its end, and has not failed: it goes back to the front of its queue, unless
/// another worker has it.
public struct LeaseLost: Error, Sendable, CustomStringConvertible {
    public init() {}

    public var description: String { "the worker gave no sign of life for a while; another may have the job" }
}
