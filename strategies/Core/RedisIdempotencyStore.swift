import BgdemoFoundations
public import RedisClient

/// The keys of a day, in Redis: a string for each, `P <record>` while the first request is under way, then `A <record>`.
public struct RedisIdempotencyStore: IdempotencyStore {
    private let redis: any RedisCommands
    private let prefix: String
    private let longestRequest: Duration

    /// - Parameters:
    ///   - prefix: What the keys begin with; the client's key follows.
    ///   - longestRequest: Default: 20 s.
    public init(
        _ redis: any RedisCommands, prefix: String, longestRequest: Duration = IdempotencyRecord.longestRequest
    ) {
        (self.redis, self.prefix, self.longestRequest) = (redis, prefix, longestRequest)
    }

    public func begin(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError) -> IdempotencyState {
        let reply = try await run(Self.begin, key, "P " + request.text, longestRequest.milliseconds)
        guard let noted = reply.array?.first?.text else { return .first }
        guard let record = IdempotencyRecord(String(noted.dropFirst(2))) else {
            throw .unavailable("Redis has something else under this Idempotency-Key", retryAfter: .seconds(5))
        }
        if noted.hasBytePrefix("A ") { return .answered(record) }
        return reply.array?.last?.int == 1 ? .abandoned(record) : .pending(record)
    }

    public func finish(_ key: String, _ answer: IdempotencyRecord) async throws(AcceptError) {
        _ = try await run(Self.finish, key, "A " + answer.text)
    }

    public func forget(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError) {
        _ = try await run(Self.forget, key, "P " + request.text)
    }

    /// Whether keys can be noted now. Changes nothing: no key is empty.
    ///
    /// - Throws: ``AcceptError`` where Redis is away, or its user may not run scripts.
    public func check() async throws(AcceptError) { _ = try await run(Self.forget, "", "") }

    private func run(
        _ script: RedisScript, _ key: String, _ arguments: any RedisArgument...
    ) async throws(AcceptError) -> RedisValue {
        do {
            return try await redis.run(
                script, keys: [prefix + key],
                arguments: [IdempotencyRecord.lifetime.milliseconds] as [any RedisArgument] + arguments)
        } catch {
            throw AcceptError(error)
        }
    }

    /// Notes a request, unless another is noted.
    ///
    ///     KEYS[1]  string: the request or its answer
    ///     ARGV[1]  how long it is kept, in milliseconds
    ///     ARGV[2]  the request
    ///     ARGV[3]  how long a request may be under way, in milliseconds
    ///
    /// Returns `{}`, or `{noted, gone}`: what was noted, and 1 if it is a request that was under way for too long. The caller
    /// is under way in its place then.
    private static let begin = RedisScript(
        """
        local noted = redis.call('GET', KEYS[1])
        if not noted then
          redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
          return {}
        end
        if string.sub(noted, 1, 2) ~= 'P ' or ARGV[1] - redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
          return {noted, 0}
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[1])
        return {noted, 1}
        """)

    /// Notes an answer.
    ///
    ///     KEYS[1]  string: the request or its answer
    ///     ARGV[1]  how long it is kept, in milliseconds
    ///     ARGV[2]  the answer
    ///
    /// Returns 1.
    private static let finish = RedisScript(
        """
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
        return 1
        """)

    /// Forgets a request, unless it was answered.
    ///
    ///     KEYS[1]  string: the request or its answer
    ///     ARGV[2]  the request
    ///
    /// Returns 1, or 0 where something else is noted.
    private static let forget = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[2] then return 0 end
        return redis.call('DEL', KEYS[1])
        """)
}
