import RedisClient

/// What producers, operators and the scheduler do in one step.
extension ResqueScripts {
    /// Pushes a job to its queue later.
    ///
    /// - ARGV: namespace; job; `in` and milliseconds from now, or `at` and a second.
    static let delay = RedisScript(
        delaying + """

            if ARGV[3] == 'in' then
              delay(ARGV[1], ARGV[2], ARGV[4])
            else
              at(ARGV[1], ARGV[2], ARGV[4])
            end
            return 1
            """)

    /// Takes a job out of the delayed ones. KEYS: schedule. ARGV: namespace; job. Returns the seconds it was there for.
    static let dequeue = RedisScript(
        """
        local found = {}
        local timestamps = ARGV[1] .. 'timestamps:' .. ARGV[2]
        for _, member in ipairs(redis.call('SMEMBERS', timestamps)) do
          local list, second = ARGV[1] .. member, string.match(member, '%d+$')
          for _ = 1, redis.call('LREM', list, 0, ARGV[2]) do table.insert(found, second) end
          if redis.call('EXISTS', list) == 0 then redis.call('ZREM', KEYS[1], second) end
        end
        redis.call('DEL', timestamps)
        return found
        """)

    /// Moves jobs that are due to their queues, if this scheduler is the leader or there is none.
    ///
    /// - KEYS: leader, schedule, queues, failed, stat:failed.
    /// - ARGV: name; seconds after which a silent leader is none; how many jobs at most; namespace; what comes before
    ///   and after the payload of a failure.
    /// - Returns: 1 where it is the leader; how many were moved; what second it is for Redis.
    static let transfer = RedisScript(
        """
        local leader = redis.call('GET', KEYS[1])
        local now = redis.call('TIME')[1]
        if leader and leader ~= ARGV[1] then return {0, 0, tonumber(now)} end
        if not leader then redis.call('SET', KEYS[1], ARGV[1]) end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        local moved, limit = 0, tonumber(ARGV[3])
        local function queue(job)
          local ok, decoded = pcall(cjson.decode, job)
          local name = ok and type(decoded) == 'table' and decoded.queue
          return type(name) == 'string' and name ~= '' and name
        end
        while moved < limit do
          local second = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)[1]
          if not second then break end
          local job = redis.call('LPOP', ARGV[4] .. 'delayed:' .. second)
          if job then
            moved = moved + 1
            redis.call('SREM', ARGV[4] .. 'timestamps:' .. job, 'delayed:' .. second)
            local name = queue(job)
            if name then
              redis.call('SADD', KEYS[3], name)
              redis.call('RPUSH', ARGV[4] .. 'queue:' .. name, job)
            else
              local payload = pcall(cjson.decode, job) and job or cjson.encode(job)
              redis.call('RPUSH', KEYS[4], ARGV[5] .. payload .. ARGV[6])
              redis.call('INCR', KEYS[5])
            end
          else
            redis.call('ZREM', KEYS[2], second)
          end
        end
        return {1, moved, tonumber(now)}
        """)

    /// Lets another scheduler be the leader. KEYS: leader. ARGV: name.
    static let releaseLeadership = RedisScript(
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """)

    /// Moves a failed job to its queue. KEYS: failed, queues, queue. ARGV: entry; the queue's name; job.
    static let requeue = RedisScript(
        """
        if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
        redis.call('SADD', KEYS[2], ARGV[2])
        redis.call('RPUSH', KEYS[3], ARGV[3])
        return 1
        """)

    /// Empties a list and says how long it was. KEYS: list.
    static let clear = RedisScript(
        """
        local length = redis.call('LLEN', KEYS[1])
        redis.call('DEL', KEYS[1])
        return length
        """)

    /// Registers workers and shows that they are alive.
    ///
    /// - KEYS: workers, heartbeat, processes.
    /// - ARGV: namespace; process; how to tell that it lives; the time as a heartbeat, and as a start; then for each
    ///   worker its id, its name and node's ping.
    static let register = RedisScript(
        """
        -- A command that takes no memory first: after it Redis lets the others through when it has no more to give.
        redis.call('SREM', KEYS[1], '')
        redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
        local ids, beats, pings = {}, {}, {}
        for i = 6, #ARGV, 3 do
          table.insert(ids, ARGV[i])
          table.insert(beats, ARGV[i])
          table.insert(beats, ARGV[4])
          table.insert(pings, ARGV[1] .. 'worker:ping:' .. ARGV[i + 1])
          table.insert(pings, ARGV[i + 2])
        end
        redis.call('HSET', KEYS[2], unpack(beats))
        redis.call('MSET', unpack(pings))
        if redis.call('SADD', KEYS[1], unpack(ids)) > 0 then
          for _, id in ipairs(ids) do redis.call('SET', ARGV[1] .. 'worker:' .. id .. ':started', ARGV[5], 'NX') end
        end
        return 1
        """)
}
