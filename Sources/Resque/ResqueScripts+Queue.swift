import RedisClient

/// The scripts of producers, operators and schedulers.
extension ResqueScripts {
    /// Delays jobs: all of them, or none where a key has another type.
    ///
    ///     KEYS[1]     sorted set `delayed_queue_schedule`
    ///     ARGV[1]     namespace and colon
    ///     ARGV[2]     `in` or `at`
    ///     ARGV[3]     `in`: milliseconds from now; `at`: second since 1970
    ///     ARGV[4...]  bytes of each job
    ///
    /// Returns 1.
    static let delay = RedisScript(
        delaying + """

            local second = ARGV[2] == 'in' and due(ARGV[3]) or ARGV[3]
            local refused = undelayable(ARGV[1], second, ARGV, 4)
            if refused then return refused end
            for i = 4, #ARGV do at(ARGV[1], ARGV[i], second) end
            return 1
            """)

    /// Changes nothing, but fails where a script, or a write, would fail.
    ///
    ///     KEYS[1]  sorted set `delayed_queue_schedule`
    ///
    /// Returns 1.
    static let check = RedisScript(
        """
        redis.call('ZADD', KEYS[1], 'XX', 0, '')
        return 1
        """)

    /// Removes a job from the delayed jobs.
    ///
    ///     KEYS[1]  sorted set `delayed_queue_schedule`
    ///     ARGV[1]  namespace and colon
    ///     ARGV[2]  bytes of the job
    ///
    /// Returns a list of the seconds for which it was delayed, one for each removal.
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
    ///     KEYS[1]  string `resque_scheduler_leader_lock`
    ///     KEYS[2]  sorted set `delayed_queue_schedule`
    ///     KEYS[3]  set `queues`
    ///     KEYS[4]  list `failed`
    ///     KEYS[5]  string `stat:failed`
    ///     ARGV[1]  name of the scheduler
    ///     ARGV[2]  seconds after which the lock runs out
    ///     ARGV[3]  how many jobs to move, and of how many seconds, at most
    ///     ARGV[4]  namespace and colon
    ///     ARGV[5]  beginning of an entry for `failed`, before the payload
    ///     ARGV[6]  end of the entry, after the payload
    ///
    /// Returns `{leads, moved, time, holder, whole}`:
    ///
    ///     leads    1 if this scheduler is the leader, else 0
    ///     moved    how many jobs were moved
    ///     time     milliseconds since 1970, by the clock of Redis
    ///     holder   the leader, where it is another and its lock has no end; else an empty string
    ///     whole    1 if nothing that is due is left, else 0
    static let transfer = RedisScript(
        delaying + """

            local leader = redis.call('GET', KEYS[1])
            local time = redis.call('TIME')
            local now, milliseconds = time[1], time[1] * 1000 + math.floor(time[2] / 1000)
            if leader and leader ~= ARGV[1] then
              return {0, 0, milliseconds, redis.call('TTL', KEYS[1]) == -1 and leader or '', 1}
            end
            if not leader then redis.call('SET', KEYS[1], ARGV[1]) end
            redis.call('EXPIRE', KEYS[1], ARGV[2])
            local moved, seconds, limit = 0, 0, tonumber(ARGV[3])
            -- The form of ``UnreadableJob``: a character for each byte. All stand for themselves but controls, the quote, the
            -- backslash and what is beyond ASCII.
            local function unreadable(job)
              local escaped = string.gsub(job, '[^ !#-[%]^-~]', function(byte)
                return string.format('\\\\u%04x', string.byte(byte))
              end)
              return '{"class":"UnreadableJob","args":["' .. escaped .. '"]}'
            end
            local function queue(job)
              local ok, decoded = pcall(cjson.decode, job)
              local name = ok and type(decoded) == 'table' and decoded.queue
              return type(name) == 'string' and name ~= '' and name
            end
            local function isList(key)
              local kind = redis.call('TYPE', key).ok
              return kind == 'list' or kind == 'none'
            end
            -- Whether a queue can take jobs: what one cannot take must not keep others.
            local known = {}
            local function takes(name)
              if known[name] == nil then
                known[name] = isList(ARGV[4] .. 'queue:' .. name)
                if known[name] then redis.call('SADD', KEYS[3], name) end
              end
              return known[name]
            end
            local canFail = isList(KEYS[4])
            local function fail(text)
              redis.call('RPUSH', KEYS[4], ARGV[5] .. unreadable(text) .. ARGV[6])
              redis.call('INCR', KEYS[5])
            end
            local function move(job)
              local name = queue(job)
              if name and takes(name) then
                redis.call('RPUSH', ARGV[4] .. 'queue:' .. name, job)
              elseif canFail then
                fail(job)
              else
                -- Nothing can take it yet.
                at(ARGV[4], job, string.format('%d', now + 60))
              end
            end
            local whole = 0
            -- Seconds without jobs are counted too: many of them must not hold Redis.
            while moved < limit and seconds < limit do
              local second = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, 1)[1]
              if not second then
                whole = 1
                break
              end
              seconds = seconds + 1
              local member = 'delayed:' .. second
              local list = ARGV[4] .. member
              local kind = redis.call('TYPE', list).ok
              while kind == 'list' and moved < limit do
                local job = redis.call('LINDEX', list, 0)
                if job then
                  -- It leaves its list last: an error before that loses nothing.
                  redis.pcall('SREM', ARGV[4] .. 'timestamps:' .. job, member)
                  move(job)
                  redis.call('LPOP', list)
                  moved = moved + 1
                else
                  kind = 'none'
                end
              end
              if kind ~= 'list' then redis.call('ZREM', KEYS[2], second) end
              -- A key of another type stays, and keeps no later job from its queue.
              if kind ~= 'list' and kind ~= 'none' and canFail then fail(list) end
            end
            return {1, moved, milliseconds, '', whole}
            """)

    /// Takes the lock of a leader that holds it without end.
    ///
    ///     KEYS[1]  string `resque_scheduler_leader_lock`
    ///     ARGV[1]  name of the leader, as it was seen
    ///     ARGV[2]  name of this scheduler
    ///     ARGV[3]  seconds after which the lock runs out
    ///
    /// Returns 1, or 0 where the lock has changed.
    static let takeOver = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('TTL', KEYS[1]) ~= -1 then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
        return 1
        """)

    /// Removes a lock that its holder has without end.
    ///
    ///     KEYS[1]  the lock
    ///     ARGV[1]  its holder, as it was seen
    ///
    /// Returns 1, or 0 where the lock has changed.
    static let removeEndlessLock = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('TTL', KEYS[1]) ~= -1 then return 0 end
        return redis.call('DEL', KEYS[1])
        """)

    /// Gives the leadership up.
    ///
    ///     KEYS[1]  string `resque_scheduler_leader_lock`
    ///     ARGV[1]  name of the scheduler
    ///
    /// Returns 1, or 0 where another is the leader.
    static let releaseLeadership = RedisScript(
        """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """)

    /// Moves a failed job to its queue.
    ///
    ///     KEYS[1]  list `failed`
    ///     KEYS[2]  set `queues`
    ///     KEYS[3]  list `queue:<name>`
    ///     ARGV[1]  the entry of `failed`
    ///     ARGV[2]  name of the queue
    ///     ARGV[3]  bytes of the job
    ///
    /// Returns 1, or 0 where the entry is not there any more.
    static let requeue = RedisScript(
        checking + permitting + """
            local refused = forbidden('LREM', 'SADD', 'RPUSH') or misfit(KEYS[2], 'set') or misfit(KEYS[3], 'list')
            if refused then return refused end
            if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
            redis.call('SADD', KEYS[2], ARGV[2])
            redis.call('RPUSH', KEYS[3], ARGV[3])
            return 1
            """)

    /// Empties lists.
    ///
    ///     KEYS[1...]  the lists
    ///
    /// Returns how long they were, together.
    static let clear = RedisScript(
        """
        local length = 0
        for _, list in ipairs(KEYS) do
          length = length + redis.call('LLEN', list)
          redis.call('UNLINK', list)
        end
        return length
        """)

    /// Registers workers and writes their heartbeats.
    ///
    ///     KEYS[1]     set `workers`
    ///     KEYS[2]     hash `workers:heartbeat`
    ///     KEYS[3]     hash `swift:processes`
    ///     ARGV[1]     namespace and colon
    ///     ARGV[2]     name of the process
    ///     ARGV[3]     JSON by which its host can see whether it is alive
    ///     ARGV[4]     the time, as a heartbeat has it
    ///     ARGV[5]     the time, as `worker:<id>:started` has it
    ///     ARGV[6...]  for each worker, if there are any: its id, its name, and node's ping; empty where the last one is new
    ///                 enough
    ///
    /// Returns 1.
    static let register = RedisScript(
        """
        -- A command that takes no memory first: after it Redis lets the others through when it has no more to give.
        redis.call('SREM', KEYS[1], '')
        redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
        local ids, beats = {}, {}
        for i = 6, #ARGV, 3 do
          table.insert(ids, ARGV[i])
          table.insert(beats, ARGV[i])
          table.insert(beats, ARGV[4])
          if ARGV[i + 2] ~= '' then
            -- Where Ruby prunes the worker, nobody else removes this key.
            redis.call('SET', ARGV[1] .. 'worker:ping:' .. ARGV[i + 1], ARGV[i + 2], 'EX', 7200)
          end
        end
        if #ids == 0 then return 1 end
        redis.call('HSET', KEYS[2], unpack(beats))
        if redis.call('SADD', KEYS[1], unpack(ids)) > 0 then
          for _, id in ipairs(ids) do redis.call('SET', ARGV[1] .. 'worker:' .. id .. ':started', ARGV[5], 'NX') end
        end
        return 1
        """)
}
