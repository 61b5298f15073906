/// Tries a job that has failed again, later and later, before it goes to `failed`.
///
/// Meanwhile the job is among the delayed ones, so that it outlives its worker; a ``Scheduler`` brings it back.
public struct Retry: Plugin {
    /// Attempts in all, the first among them.
    public let attempts: Int
    /// The wait before the second attempt; it doubles with each.
    public let base: Duration
    /// The longest wait.
    public let cap: Duration
    private let isWorthwhile: @Sendable (any Error) -> Bool

    /// - Parameter isWorthwhile: Whether another attempt may succeed. What is no job by its class or arguments never
    ///   does, and is not asked about.
    public init(
        attempts: Int = 8, base: Duration = .seconds(1), cap: Duration = .seconds(300),
        when isWorthwhile: @escaping @Sendable (any Error) -> Bool = { _ in true }
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.isWorthwhile = isWorthwhile
    }

    public func afterPerform(
        _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
    ) async throws -> PerformResult {
        guard case .failure(let error) = result, !(error is InvalidJobArguments), isWorthwhile(error),
            job.failures + 1 < attempts
        else { return result }
        return .retry(error, after: delay(afterFailures: job.failures + 1))
    }

    /// Between half and the whole of the doubled time, so that what failed together does not come back together.
    func delay(afterFailures failures: Int) -> Duration {
        var delay = min(base, cap)
        for _ in 1..<max(failures, 1) where delay < cap { delay = min(delay * 2, cap) }
        return delay * Double.random(in: 0.5...1)
    }
}
