/// What the signals of Resque's workers do to those of this process.
public struct WorkerSignals: Sendable {
    /// SIGUSR2: takes no more jobs.
    public let pause: @Sendable () -> Void
    /// SIGCONT: takes jobs again.
    public let resume: @Sendable () -> Void
    /// SIGUSR1: cancels the jobs in hand, which fail. Returns how many.
    public let cancelJobs: @Sendable () -> Int
    /// Whether no jobs are taken; for `/readyz`, which says so and does not fail.
    public let isPaused: @Sendable () -> Bool

    public init(
        pause: @escaping @Sendable () -> Void, resume: @escaping @Sendable () -> Void,
        cancelJobs: @escaping @Sendable () -> Int, isPaused: @escaping @Sendable () -> Bool
    ) {
        (self.pause, self.resume, self.cancelJobs, self.isPaused) = (pause, resume, cancelJobs, isPaused)
    }
}
