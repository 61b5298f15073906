import BgdemoFoundations

/// Tries a job that has failed again, later and later, before it goes to `failed`.
///
/// Meanwhile the job is among the delayed ones, so that it outlives its worker; a ``Scheduler`` brings it back.
public struct Retry: Plugin {
    /// Attempts in all, the first among them.
    public var attempts: Int { policy.attempts }
    /// The wait before the second attempt; it doubles with each.
    public var base: Duration { policy.base }
    /// The longest wait.
    public var cap: Duration { policy.cap }
    private let policy: RetryPolicy
    private let isWorthwhile: @Sendable (any Error) -> Bool

    /// - Parameter isWorthwhile: Whether another attempt may succeed. What is no job by its class or arguments never
    ///   does, and is not asked about.
    public init(
        attempts: Int = 8, base: Duration = .seconds(1), cap: Duration = .seconds(300),
        when isWorthwhile: @escaping @Sendable (any Error) -> Bool = { _ in true }
    ) {
        policy = RetryPolicy(attempts: attempts, base: base, cap: cap)
        self.isWorthwhile = isWorthwhile
    }

    public func afterPerform(
        _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
    ) async throws -> PerformResult {
        guard case .failure(let error) = result, !(error is InvalidJobArguments), isWorthwhile(error),
            let delay = delay(afterFailures: job.failures + 1)
        else { return result }
        return .retry(error, after: delay)
    }

    /// Between half and the whole of the doubled time, so that what failed together does not come back together; nil
    /// where there is to be no other attempt.
    func delay(afterFailures failures: Int) -> Duration? { policy.delay(afterFailures: failures) }
}
