#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What is known of a queue, and why its jobs wait.
struct QueueState {
    var length = 0
    /// Workers of this queue, and those of them that have a job.
    var workers = 0
    var busy = 0
    /// How long the first job has waited, in seconds; nil where it does not say.
    var age: Double?
    var areAllPaused = false
    var isPaused = false
    /// Whether the first job is kept back while an equal one is performed.
    var isLocked = false
    /// When its next delayed job is due.
    var delayedUntil: Date?
    /// Whether some program moves delayed jobs.
    var hasScheduler = true

    /// One of the four states, and one sentence.
    var health: (state: String, why: String) {
        guard length > 0 else { return emptyHealth }
        if areAllPaused { return ("waiting", "all workers are paused") }
        if isPaused { return ("waiting", "this queue is paused") }
        if workers == 0 { return ("failing", "nobody works this queue") }
        if isLocked { return ("waiting", "locked: an equal job is in work") }
        if busy >= workers {
            return (
                "waiting", "\(workers == 1 ? "its worker is" : "all its \(PageText.number(workers)) workers are") busy"
            )
        }
        if let age, age > 10 {
            return (
                "failing",
                "\(PageText.count(workers - busy, "worker")) idle, yet the oldest job waits: they may work other queues first, or hang"
            )
        }
        return ("ok", "a worker is about to take the next")
    }

    private var emptyHealth: (state: String, why: String) {
        if delayedUntil != nil {
            return hasScheduler
                ? ("waiting", "delayed until") : ("failing", "no scheduler leads: delayed jobs stay, the next is due")
        }
        return workers > 0 ? ("ok", "nothing waits") : ("dead", "nothing waits, and nobody works this queue")
    }
}
