import RedisClient

extension EventScripts {
    /// Claims a partition for an event with an id.
    ///
    /// KEYS[1] -> the key of the id
    /// ARGV[1] -> the partition to claim
    /// ARGV[2] -> how long the id is remembered, in milliseconds
    /// ARGV[3] -> the claimed partition that has ended without the event, or ''
    ///
    /// Returns the claimed partition, or `<partition>:<index>` if the event is written.
    static let claimID = RedisScript(
        """
        local claimed = redis.call('GET', KEYS[1])
        if claimed and claimed ~= ARGV[3] then return claimed end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        return ARGV[1]
        """)

    /// Appends an event to its partition, unless one with its id is there.
    ///
    /// KEYS[1] -> the list of the partition
    /// KEYS[2] -> the waiting flag of the partition
    /// KEYS[3] -> the ids of the partition
    /// KEYS[4] -> the set of partitions; absent on a Cluster, where it is in another slot
    /// ARGV[1] -> the partition
    /// ARGV[2] -> the length of a partition in seconds
    /// ARGV[3] -> how many partitions ahead the writer may be (a Cluster has several clocks)
    /// ARGV[4] -> the channel for notifications
    /// ARGV[5] -> the id
    /// ARGV[6] -> how long the id is remembered, in milliseconds
    /// ARGV[7] -> the event
    ///
    /// Returns the index of the event with this id.
    /// Returns the number of the current partition, negative, if the partition has ended without the event.
    static let writeOnce = RedisScript(
        """
        local index = redis.call('HGET', KEYS[3], ARGV[5])
        if index then return tonumber(index) end
        local current = math.floor(redis.call('TIME')[1] / ARGV[2])
        local partition = tonumber(ARGV[1])
        if partition < current or partition > current + ARGV[3] then return -current end
        if KEYS[4] then redis.call('ZADD', KEYS[4], ARGV[1], ARGV[1]) end
        local first = redis.call('RPUSH', KEYS[1], ARGV[7]) - 1
        redis.call('HSET', KEYS[3], ARGV[5], string.format('%d', first))
        redis.call('PEXPIRE', KEYS[3], ARGV[6])
        if redis.call('DEL', KEYS[2]) == 1 or first == 0 then redis.pcall('PUBLISH', ARGV[4], ARGV[1]) end
        return first
        """)
}
