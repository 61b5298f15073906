import BgdemoFoundations
import RedisClient

/// Limits how many jobs of a queue are performed in a time, by all workers of this library together: a token bucket in Redis.
///
/// ```swift
/// jobs.register("sendEmail", plugins: [RateLimit(10, per: .seconds(1)), Retry()]) { (job, mail: Mail) in
///     try await mailer.send(mail)
/// }
/// ```
///
/// All jobs of a queue with this plugin share the bucket of their queue, whatever their names; give them the same rate. A job
/// whose token comes within a second waits for it with its worker; one that would wait longer is delayed.
public struct RateLimit: Plugin {
    /// How many jobs are performed at most in ``interval``, in the long run.
    public let jobs: Int
    /// The time for ``jobs``.
    public let interval: Duration
    /// How many jobs may be performed at once after a time without any. Default: 1.
    public let burst: Int

    /// How long a worker waits with a job in hand.
    private static let longestWait = Duration.seconds(1)

    /// - Parameters:
    ///   - jobs: At least 1.
    ///   - interval: At least 1 millisecond for each job.
    ///   - burst: At least 1. Default: 1.
    public init(_ jobs: Int, per interval: Duration, burst: Int = 1) {
        (self.jobs, self.interval, self.burst) = (max(1, jobs), interval, max(1, burst))
    }

    public func beforePerform(_ job: Job, from queue: Queue, by worker: String) async throws -> PerformDecision {
        let gap = max(1, Int(interval / .microseconds(1)) / jobs)
        let reply = try await queue.store.run(
            ResqueScripts.takeToken, keys: [queue.store.keys.rate(of: job.queue)],
            [gap, burst, Int(Self.longestWait / .microseconds(1))])
        guard let wait = reply.int else { throw ResqueError.unexpectedReply }
        // At most a day, whatever another program has written there.
        if wait < 0 { return .later(.microseconds(min(wait.magnitude, 86_400_000_000))) }
        try await Task.sleep(for: min(.microseconds(wait), Self.longestWait))
        return .perform
    }
}

extension ResqueScripts {
    /// Takes a token of a bucket that fills steadily (GCRA: the key has the time when the bucket is full again).
    ///
    ///     KEYS[1]  string `swift:rate:<queue>`: microseconds since 1970
    ///     ARGV[1]  microseconds between two tokens
    ///     ARGV[2]  how many tokens the bucket holds
    ///     ARGV[3]  how many microseconds the caller waits at most
    ///
    /// Returns the microseconds until the token may be used; or, negative, how long the caller would have to wait, where that
    /// is longer: then no token is taken.
    static let takeToken = RedisScript(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local gap = tonumber(ARGV[1])
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0) or 0, now)
        local wait = math.max(0, full - now - (ARGV[2] - 1) * gap)
        if wait > tonumber(ARGV[3]) then return -wait end
        local last = full + gap
        redis.call('SET', KEYS[1], string.format('%d', last), 'PX', math.ceil((last - now) / 1000) + 1000)
        return wait
        """)
}
