import RedisClient

extension EventScripts {
    /// Puts off what a handler failed with, or buries it, or is done with it.
    ///
    /// - KEYS: the consumer's retries, its dead list.
    /// - ARGV: the retry that this was, or nothing at the first failure; the retry to come, or nothing; its delay in
    ///   milliseconds; the entry for the dead list, or nothing.
    /// - Returns: 1, or 0 where somebody else has settled this retry.
    static let replaceRetry = RedisScript(
        """
        if ARGV[1] ~= '' and redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
        if ARGV[2] ~= '' then
          local now = redis.call('TIME')
          redis.call('ZADD', KEYS[1], now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[3], ARGV[2])
        end
        if ARGV[4] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[4]) end
        return 1
        """)

    /// Takes the retry that is due first, and puts it off for as long as a lease is, in case that its taker dies.
    ///
    /// - KEYS: the consumer's retries. ARGV: the lease in milliseconds.
    /// - Returns: how many retries there are, the milliseconds until the next is due, and, where one is, that.
    static let takeRetry = RedisScript(
        """
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        if not first[1] then return {0, -1} end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local count = redis.call('ZCARD', KEYS[1])
        if tonumber(first[2]) > now then return {count, first[2] - now} end
        redis.call('ZADD', KEYS[1], now + ARGV[1], first[1])
        return {count, 0, first[1]}
        """)

    /// Keeps a retry from others for as long as a lease is.
    ///
    /// - KEYS: the consumer's retries. ARGV: the retry; the lease in milliseconds.
    static let holdRetry = RedisScript(
        """
        local now = redis.call('TIME')
        return redis.call('ZADD', KEYS[1], 'XX', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[2], ARGV[1])
        """)
}
