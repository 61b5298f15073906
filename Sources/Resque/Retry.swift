import BgdemoFoundations

/// Performs a job that failed again, after growing delays, before it goes to `failed`.
///
/// Meanwhile the job is delayed in Redis, where it outlives its worker; a ``Scheduler`` moves it back to its queue.
public struct Retry: Plugin {
    /// Attempts in all, with the first. Default: 8.
    public var attempts: Int { policy.attempts }
    /// The delay before the second attempt; it doubles with each. Default: 1 second.
    public var base: Duration { policy.base }
    /// The longest delay. Default: 5 minutes.
    public var cap: Duration { policy.cap }
    private let policy: RetryPolicy
    private let isWorthwhile: @Sendable (any Error) -> Bool
    private let isOutage: @Sendable (any Error) -> Bool

    /// - Parameters:
    ///   - isWorthwhile: Whether another attempt may succeed. What is no job by its class or arguments never does, and is
    ///     not asked about. Default: always.
    ///   - isOutage: Whether the error is no fault of the job, but of something that all jobs need: a server that is away,
    ///     a password that was changed. The attempt does not count, however often; the delays grow as between attempts.
    ///     With one attempt only, the job fails all the same. Default: never.
    public init(
        attempts: Int = 8, base: Duration = .seconds(1), cap: Duration = .seconds(300),
        when isWorthwhile: @escaping @Sendable (any Error) -> Bool = { _ in true },
        isOutage: @escaping @Sendable (any Error) -> Bool = { _ in false }
    ) {
        policy = RetryPolicy(attempts: attempts, base: base, cap: cap)
        self.isWorthwhile = isWorthwhile
        self.isOutage = isOutage
    }

    public func afterPerform(
        _ job: Job, _ result: PerformResult, from queue: Queue, by worker: String
    ) async throws -> PerformResult {
        guard case .failure(let error) = result, !(error is InvalidJobArguments) else { return result }
        if isOutage(error) {
            return policy.delay(afterOutages: job.outages + 1).map { .postpone(error, after: $0) } ?? result
        }
        guard isWorthwhile(error), let delay = delay(afterFailures: job.failures + 1) else { return result }
        return .retry(error, after: delay)
    }

    /// Between half and the whole of the doubled time, so that what failed together does not come back together; nil
    /// where there is to be no other attempt.
    func delay(afterFailures failures: Int) -> Duration? { policy.delay(afterFailures: failures) }
}
