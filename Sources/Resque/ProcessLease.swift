import BgdemoFoundations
import Synchronization

/// The right of a process to act on the jobs that its workers have reserved, as the process itself sees it.
///
/// It renews the lease several times before it runs out. Others take the process for dead when they have seen no renewal
/// for the whole ``duration``, and give its jobs to other workers; see ``LeaseMonitor``. The process counts from before it
/// sent the last renewal, and by a shorter time: it knows first. Nobody compares the clocks of two hosts.
final class ProcessLease: Sendable {
    private struct State {
        var renewed: ContinuousClock.Instant?
        var term = 0
        var renewals = 0
    }

    /// The time without renewals after which others take the process for dead.
    let duration: Duration
    /// How long it is held after a renewal: shorter than for others.
    private let validity: Duration
    private let state = Mutex(State())

    init(_ duration: Duration) {
        (self.duration, validity) = (duration, duration * 0.8)
    }

    /// What a renewal writes.
    func stamp() -> ProcessIdentity.Lease {
        let renewals = state.withLock { state in
            state.renewals += 1
            return state.renewals
        }
        return ProcessIdentity.Lease(milliseconds: duration.millisecondsRoundedUp, renewals: renewals)
    }

    /// Redis has a renewal that was sent after this instant. It may have waited on its way: if the lease is not held any
    /// more when its reply comes, the renewal may have come to Redis too late.
    func renew(at instant: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        state.withLock { state in
            if let renewed = state.renewed {
                guard instant > renewed else { return }
                if now - renewed >= validity { state.term += 1 }
            }
            state.renewed = instant
        }
    }

    /// A number that changes when the lease had run out, because the jobs of the time before may be with others; nil while
    /// it is not held.
    var term: Int? {
        let now = ContinuousClock.now
        return state.withLock { state in
            guard let renewed = state.renewed, now - renewed < validity else { return nil }
            return state.term
        }
    }
}
