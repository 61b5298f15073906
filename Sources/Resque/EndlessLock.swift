import BgdemoFoundations

/// Watches a lock that should run out by itself and does not: its holder died between taking it and giving it an end, and
/// nobody else can take it.
struct EndlessLock: Sendable {
    private var seen: (holder: String, since: ContinuousClock.Instant)?

    /// Whether the lock has had this holder and no end for so long that the holder is dead.
    ///
    /// - Parameter holder: The holder now, where the lock has no end; nil where it has one, or is free.
    mutating func isAbandoned(by holder: String?, after time: Duration) -> Bool {
        guard let holder else {
            seen = nil
            return false
        }
        guard let seen, seen.holder.hasSameBytes(as: holder) else {
            seen = (holder, .now)
            return false
        }
        return ContinuousClock.now - seen.since >= time
    }
}
