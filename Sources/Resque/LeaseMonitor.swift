import BgdemoFoundations

/// Finds processes whose lease has run out: no renewal was seen for the lease's whole time, in several successful looks.
///
/// It measures by the clock of its own host alone. Looks are counted because one that comes late says little: if Redis or
/// this process was stopped, the renewals of others may only be waiting behind the look.
struct LeaseMonitor {
    /// In how many looks a process must have been silent.
    static let looks = 5

    private struct Silence {
        let renewals: Int
        let since: ContinuousClock.Instant
        var looks = 0
    }

    private var silences: [ByteString: Silence] = [:]

    /// One look.
    ///
    /// - Returns: The processes whose lease has run out.
    mutating func expired(
        among leases: [ByteString: ProcessIdentity.Lease], at now: ContinuousClock.Instant = .now
    ) -> Set<ByteString> {
        silences = silences.filter { leases[$0.key]?.renewals == $0.value.renewals }
        var expired = Set<ByteString>()
        for (process, lease) in leases {
            guard var silence = silences[process] else {
                silences[process] = Silence(renewals: lease.renewals, since: now)
                continue
            }
            silence.looks += 1
            silences[process] = silence
            // However long another program's process claims its lease to be, it ends.
            let duration = Duration.milliseconds(min(max(lease.milliseconds, 0), 3_600_000))
            if silence.looks >= Self.looks, now - silence.since >= duration { expired.insert(process) }
        }
        return expired
    }
}
