import BgdemoFoundations
import Synchronization

/// What becomes of a job of a class that the worker does not know.
public enum UnknownClassPolicy: String, Sendable, CaseIterable {
    /// To `failed`, as in Ruby.
    case failed
    /// Back to the end of its queue, for a worker that knows it. A job that comes back to the same process after
    /// ``WorkerOptions/unknownClassWait`` goes to `failed`.
    case leave
}

/// The jobs of unknown classes that a process has put back into their queues.
final class LeftJobs: Sendable {
    enum Decision { case leave, leaveAgain, fail }

    /// Past it a job fails at once: more are not remembered.
    private static let bound = 10_000
    private let wait: Duration
    private let seen = Mutex<[UInt64: ContinuousClock.Instant]>([:])

    init(wait: Duration) { self.wait = wait }

    /// What to do with a job that has come.
    func decide(_ job: Job) -> Decision {
        let digest = FNV1a.hash(job.bytes, from: FNV1a.hash(job.queue.utf8))
        let now = ContinuousClock.now
        return seen.withLock { seen in
            if let first = seen[digest] {
                guard now - first >= wait else { return .leaveAgain }
                seen[digest] = nil
                return .fail
            }
            // One that another worker has taken does not come back.
            if seen.count >= Self.bound { seen = seen.filter { now - $0.value < wait * 2 } }
            guard seen.count < Self.bound else { return .fail }
            seen[digest] = now
            return .leave
        }
    }
}
