import RedisClient

/// The scripts; each runs as one atomic step. Every key is declared, and all keys of one script are in one slot.
///
/// An index, a count and a time in milliseconds is an integer; `''` stands for "none".
enum EventScripts {
    /// Appends events to the current partition, by the clock of Redis. They are written also where the user may not publish: a
    /// consumer then finds them by its scan.
    ///
    /// KEYS[1] -> the list of the partition
    /// KEYS[2] -> the waiting flag of the partition
    /// KEYS[3] -> the set of partitions; absent on a Cluster, where it is in another slot
    /// ARGV[1] -> the partition that the writer takes for the current one
    /// ARGV[2] -> the length of a partition in seconds
    /// ARGV[3] -> how many partitions ahead the writer may be (a Cluster has several clocks)
    /// ARGV[4] -> the channel for notifications
    /// ARGV[5...] -> the events
    ///
    /// Returns the index of the first event.
    /// Returns the number of the current partition, negative, if KEYS[1] is another one; nothing was written.
    static let write = RedisScript(
        """
        local current = math.floor(redis.call('TIME')[1] / ARGV[2])
        local partition = tonumber(ARGV[1])
        if partition < current or partition > current + ARGV[3] then return -current end
        if KEYS[3] then redis.call('ZADD', KEYS[3], ARGV[1], ARGV[1]) end
        local first = redis.call('RPUSH', KEYS[1], unpack(ARGV, 5)) - #ARGV + 4
        if redis.call('DEL', KEYS[2]) == 1 or first == 0 then redis.pcall('PUBLISH', ARGV[4], ARGV[1]) end
        return first
        """)

    /// Takes events of a partition: those of a lease that has expired, else those that no process has taken. They are 1 MiB in
    /// all at most, or one larger event. Called again with the same token, it returns the same events.
    ///
    /// KEYS[1] -> the list of the partition
    /// KEYS[2] -> the counters of the partition
    /// KEYS[3] -> the leases of the consumer in the partition
    /// KEYS[4] -> the waiting flag of the partition
    /// ARGV[1] -> the consumer
    /// ARGV[2] -> the token of the new lease
    /// ARGV[3] -> the most events
    /// ARGV[4] -> the length of the lease in milliseconds; 0 acknowledges the events at once
    /// ARGV[5...] -> the tokens that the process holds: it does not take over its own lease when it renews late
    ///
    /// Returns {index of the first event, how many processes died with it (-1: none had it), 1 if the partition was deleted and
    /// written anew, {events}, how many events no process has taken yet}.
    /// Returns {} if there is nothing to take.
    static let take = RedisScript(
        committing + reading + """

            local name, token, most, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
            local length = redis.call('LLEN', KEYS[1])
            local counter = index(redis.call('HGET', KEYS[2], name)) or 0
            local head = index(redis.call('HGET', KEYS[3], 'head')) or counter
            local anew = 0
            -- The list is shorter than what was read: it was deleted, and perhaps written anew.
            if math.max(counter, head) > length then
              anew, counter, head = 1, 0, 0
              redis.call('DEL', KEYS[3])
              redis.call('HDEL', KEYS[2], name)
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
                  if not first or last > length then
                    -- Not written by this library.
                    redis.call('HDEL', KEYS[3], leases[i])
                  elseif due <= now and not held[leases[i]] and (not from or first < from) then
                    from, to, died, expired = first, last, deaths, leases[i]
                  end
                end
              end
              if from then
                died = died + 1
                events = read(from, math.min(to, from + (died >= 3 and 1 or most)))
                redis.call('HDEL', KEYS[3], expired)
                -- Under another token, so that its former owner cannot acknowledge it.
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

    /// Acknowledges the events of a lease up to an index. Renews the lease for the rest, or gives the rest back.
    ///
    /// KEYS[1] -> the counters of the partition
    /// KEYS[2] -> the leases of the consumer in the partition
    /// ARGV[1] -> the consumer
    /// ARGV[2] -> the token of the lease
    /// ARGV[3] -> the index of the first event that is not done
    /// ARGV[4] -> the length of the lease in milliseconds; 0 gives the rest back
    /// ARGV[5] -> the channel for notifications
    /// ARGV[6] -> the number of the partition
    ///
    /// Returns 1.
    /// Returns 0 if the lease does not belong to the caller any more.
    static let acknowledge = RedisScript(
        committing + """

            local lease = redis.call('HGET', KEYS[2], ARGV[2])
            if not lease then return 0 end
            local from, to, died = parse(lease)
            if not from then return 0 end
            local first = math.max(tonumber(ARGV[3]), from)
            if first >= to then
              redis.call('HDEL', KEYS[2], ARGV[2])
            else
              if first > from then died = 0 end
              local due = ARGV[4] == '0' and 0 or milliseconds() + ARGV[4]
              -- The owner is alive: the next to take these events adds one.
              if due == 0 then died = died - 1 end
              redis.call('HSET', KEYS[2], ARGV[2], spell(first, to, died, due))
              if due == 0 then redis.pcall('PUBLISH', ARGV[5], ARGV[6]) end
            end
            commit(ARGV[1], KEYS[1], KEYS[2])
            return 1
            """)

    /// Has a consumer start anew in a partition, or pass over its events. Leases on them are lost.
    ///
    /// KEYS[1] -> the list of the partition
    /// KEYS[2] -> the counters of the partition
    /// KEYS[3] -> the leases of the consumer in the partition
    /// ARGV[1] -> the consumer
    /// ARGV[2] -> 1 to pass over the events, else 0
    ///
    /// Returns the number of events in the partition.
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
    /// KEYS[1] -> the list of the partition
    /// KEYS[2...] -> all other keys of the partition
    /// ARGV[1] -> the number of events that it had
    ///
    /// Returns 1.
    /// Returns 0 if it was written to.
    static let delete = RedisScript(
        """
        if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) then return 0 end
        redis.call('UNLINK', unpack(KEYS))
        return 1
        """)

    /// Reads a part of a list: as much as a reply should have, which is 1 MiB in all at most, or one larger element.
    ///
    /// KEYS[1] -> the list
    /// ARGV[1] -> the index of the first element
    /// ARGV[2] -> the index after the last
    ///
    /// Returns {elements}, which is {} after the end of the list.
    static let elements = RedisScript(
        reading + """

            return read(tonumber(ARGV[1]), math.min(tonumber(ARGV[2]), redis.call('LLEN', KEYS[1])))
            """)

    private static let reading = """
        local function read(from, to)
          local all, size = {}, 0
          for first = from, to - 1, 100 do
            for _, element in ipairs(redis.call('LRANGE', KEYS[1], first, math.min(first + 99, to - 1))) do
              size = size + #element
              if size > 1048576 and #all > 0 then return all end
              all[#all + 1] = element
            end
          end
          return all
        end

        """

    /// The counter is the index of the first event of the first lease: events between leases are done.
    private static let committing = """
        local function milliseconds()
          local now = redis.call('TIME')
          return now[1] * 1000 + math.floor(now[2] / 1000)
        end
        -- Text in Redis as an index; nil if it is none.
        local function index(text)
          local number = tonumber(text or nil)
          if number and number >= 0 and number < 2 ^ 53 then return math.floor(number) end
        end
        local function parse(lease)
          local from, to, died, due = string.match(lease, '^(%d+) (%d+) (-?%d+) (%d+)$')
          from, to, died = index(from), index(to), tonumber(died or 0)
          if from and to and from < to then return from, to, math.min(died, 1000), tonumber(due) end
        end
        local function spell(from, to, died, due) return string.format('%d %d %d %d', from, to, died, due) end
        local function commit(name, counters, leases)
          local all = redis.call('HGETALL', leases)
          local head, first
          for i = 1, #all, 2 do
            if all[i] == 'head' then
              head = index(all[i + 1])
            else
              local from = parse(all[i + 1])
              if from and (not first or from < first) then first = from end
            end
          end
          if first or head then redis.call('HSET', counters, name, string.format('%d', first or head)) end
          if not first then redis.call('DEL', leases) end
        end

        """
}
