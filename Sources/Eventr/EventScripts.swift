import RedisClient

/// What happens in Redis in one step, or not at all. Every key is declared, and all keys of one script are of one slot.
enum EventScripts {
    /// Appends events to the partition of now, by the clock of Redis.
    ///
    /// - KEYS: the partition, its waiting flag, and, where it is of the same slot, the set of partitions.
    /// - ARGV: the number of the partition that the writer holds for now's; seconds of a partition; how far it may be
    ///   ahead (a Cluster has several clocks); the channel; the events.
    /// - Returns: the first event's index, or, where this is not the partition of now, the number of the one that is, negative.
    static let write = RedisScript(
        """
        local current = math.floor(redis.call('TIME')[1] / ARGV[2])
        local partition = tonumber(ARGV[1])
        if partition < current or partition > current + ARGV[3] then return -current end
        if KEYS[3] then redis.call('ZADD', KEYS[3], ARGV[1], ARGV[1]) end
        local first = redis.call('RPUSH', KEYS[1], unpack(ARGV, 5)) - #ARGV + 4
        if redis.call('DEL', KEYS[2]) == 1 or first == 0 then redis.call('PUBLISH', ARGV[4], ARGV[1]) end
        return first
        """)

    /// Takes events of a partition: those of a lease that has run out, else those that follow what is taken. They are
    /// 1 MB in all at most, or one that is larger. Asked again with the same token it gives the same events again.
    ///
    /// - KEYS: the partition, its counters, the leases, the waiting flag.
    /// - ARGV: consumer; token; the most events; the lease in milliseconds, 0 to acknowledge at once; the tokens of the
    ///   leases that the process holds: though it was late to renew one, it does not take it from itself.
    /// - Returns: the index of the first event, how many have died with them (-1: nobody has had them), 1 where the
    ///   partition had been deleted and begun anew, the events, and how many nobody has taken yet; or nothing.
    static let take = RedisScript(
        committing + """

            local name, token, most, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
            local length = redis.call('LLEN', KEYS[1])
            local counter = tonumber(redis.call('HGET', KEYS[2], name) or 0) or 0
            local head = tonumber(redis.call('HGET', KEYS[3], 'head') or counter)
            local anew = 0
            -- What is behind us is not there: somebody has deleted the list, and perhaps another has begun it anew.
            if math.max(counter, head) > length then
              anew, counter, head = 1, 0, 0
              redis.call('DEL', KEYS[3])
              redis.call('HDEL', KEYS[2], name)
            end
            local function read(from, to)
              local events, size = {}, 0
              for first = from, to - 1, 100 do
                for _, event in ipairs(redis.call('LRANGE', KEYS[1], first, math.min(first + 99, to - 1))) do
                  size = size + #event
                  if size > 1048576 and #events > 0 then return events end
                  events[#events + 1] = event
                end
              end
              return events
            end
            local now = milliseconds()
            local from, to, died = nil, nil, -1
            local events
            local mine = redis.call('HGET', KEYS[3], token)
            if mine then
              from, to, died = parse(mine)
              events = read(from, to)
            else
              local expired
              local held = {}
              for i = 5, #ARGV do held[ARGV[i]] = true end
              local leases = redis.call('HGETALL', KEYS[3])
              for i = 1, #leases, 2 do
                if leases[i] ~= 'head' then
                  local first, last, deaths, due = parse(leases[i + 1])
                  if due <= now and not held[leases[i]] and (not from or first < from) then
                    from, to, died, expired = first, last, deaths, leases[i]
                  end
                end
              end
              if from then
                died = died + 1
                events = read(from, math.min(to, from + (died >= 3 and 1 or most)))
                redis.call('HDEL', KEYS[3], expired)
                -- Under another token, so that the one it had does not acknowledge it.
                local rest = from + #events
                if rest < to then redis.call('HSET', KEYS[3], expired .. '+', spell(rest, to, 0, 0)) end
                to = rest
              elseif head < length then
                from = head
                events = read(from, math.min(head + most, length))
                to = from + #events
                redis.call('HSET', KEYS[3], 'head', string.format('%d', to))
              else
                redis.call('SET', KEYS[4], 1, 'EX', 300)
                return {}
              end
            end
            if lease > 0 then
              redis.call('HSET', KEYS[3], token, spell(from, to, math.max(died, 0), now + lease))
            else
              redis.call('HDEL', KEYS[3], token)
              commit(name, KEYS[2], KEYS[3])
            end
            return {from, died, anew, events, length - math.max(head, to)}
            """)

    /// Acknowledges the events of a lease up to one, and keeps the rest for as long as a lease is, or gives it back.
    ///
    /// - KEYS: the partition's counters, the leases.
    /// - ARGV: consumer; token; the index of the first event that is not done; the lease in milliseconds, 0 to give the
    ///   rest back; the channel; the partition.
    /// - Returns: 1, or 0 where the lease is not the caller's any more.
    static let acknowledge = RedisScript(
        committing + """

            local lease = redis.call('HGET', KEYS[2], ARGV[2])
            if not lease then return 0 end
            local from, to, died = parse(lease)
            local first = math.max(tonumber(ARGV[3]), from)
            if first >= to then
              redis.call('HDEL', KEYS[2], ARGV[2])
            else
              if first > from then died = 0 end
              local due = ARGV[4] == '0' and 0 or milliseconds() + ARGV[4]
              -- Who gives back is not dead: the next to take these counts one more.
              if due == 0 then died = died - 1 end
              redis.call('HSET', KEYS[2], ARGV[2], spell(first, to, died, due))
              if due == 0 then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
            end
            commit(ARGV[1], KEYS[1], KEYS[2])
            return 1
            """)

    /// Has a consumer begin anew in a partition, or pass over what is in it. Whoever has events of it has lost them.
    ///
    /// - KEYS: the partition, its counters, the leases. ARGV: consumer; 1 to pass over.
    /// - Returns: how many events the partition has.
    static let rewind = RedisScript(
        """
        local length = redis.call('LLEN', KEYS[1])
        if ARGV[2] == '1' then
          redis.call('HSET', KEYS[2], ARGV[1], length)
        else
          redis.call('HDEL', KEYS[2], ARGV[1])
        end
        redis.call('DEL', KEYS[3])
        return length
        """)

    /// Deletes a partition, unless it was written to meanwhile.
    ///
    /// - KEYS: the partition, and all that is about it. ARGV: how many events it had.
    /// - Returns: 1, or 0.
    static let delete = RedisScript(
        """
        if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
        redis.call('UNLINK', unpack(KEYS))
        return 1
        """)

    /// The counter is the first event of the first lease: what lies between leases is done.
    private static let committing = """
        local function milliseconds()
          local now = redis.call('TIME')
          return now[1] * 1000 + math.floor(now[2] / 1000)
        end
        local function parse(lease)
          local from, to, died, due = string.match(lease, '^(%d+) (%d+) (-?%d+) (%d+)$')
          return tonumber(from), tonumber(to), tonumber(died), tonumber(due)
        end
        local function spell(from, to, died, due) return string.format('%d %d %d %d', from, to, died, due) end
        local function commit(name, counters, leases)
          local all = redis.call('HGETALL', leases)
          local head, first
          for i = 1, #all, 2 do
            if all[i] == 'head' then
              head = tonumber(all[i + 1])
            else
              local from = parse(all[i + 1])
              if not first or from < first then first = from end
            end
          end
          if first or head then redis.call('HSET', counters, name, string.format('%d', first or head)) end
          if not first then redis.call('DEL', leases) end
        end

        """
}
