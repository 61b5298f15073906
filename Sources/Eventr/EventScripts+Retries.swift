import RedisClient

extension EventScripts {
    /// Replaces a retry by the next one, by an entry in the dead list, or by nothing. The retry is removed last: where Redis
    /// refuses what is to replace it, nothing was changed.
    ///
    /// KEYS[1] -> the retries of the consumer
    /// KEYS[2] -> the dead list of the consumer
    /// ARGV[1] -> the retry to remove, or '' at the first failure
    /// ARGV[2] -> the retry to add, or ''
    /// ARGV[3] -> the milliseconds until it is due
    /// ARGV[4] -> the entry for the dead list, or ''
    ///
    /// Returns 1.
    /// Returns 0 if another process has removed the retry; nothing was changed.
    static let replaceRetry = RedisScript(
        """
        if ARGV[1] ~= '' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
        if ARGV[4] ~= '' then redis.call('RPUSH', KEYS[2], ARGV[4]) end
        if ARGV[2] ~= '' then
          local now = redis.call('TIME')
          redis.call('ZADD', KEYS[1], now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[3], ARGV[2])
        end
        if ARGV[1] ~= '' and ARGV[1] ~= ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
        return 1
        """)

    /// Takes the retry that is due first. It is due again after the length of a lease, in case its process dies.
    ///
    /// KEYS[1] -> the retries of the consumer
    /// ARGV[1] -> the length of the lease in milliseconds
    ///
    /// Returns {number of retries, 0, the retry} if one is due.
    /// Returns {number of retries, milliseconds until the next is due} if none is.
    /// Returns {0, -1} without retries.
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

    /// Postpones a retry by the length of a lease, while its handler is running.
    ///
    /// KEYS[1] -> the retries of the consumer
    /// ARGV[1] -> the retry
    /// ARGV[2] -> the length of the lease in milliseconds
    ///
    /// Returns the number of retries added: 0.
    static let holdRetry = RedisScript(
        """
        local now = redis.call('TIME')
        return redis.call('ZADD', KEYS[1], 'XX', now[1] * 1000 + math.floor(now[2] / 1000) + ARGV[2], ARGV[1])
        """)
}
