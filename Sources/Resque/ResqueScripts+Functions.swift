/// The functions in Lua that several scripts share. Each text stands at the beginning of a script.
extension ResqueScripts {
    /// Defines `settle()`, which does with a job what is to become of it.
    ///
    ///     KEYS[1]   string `worker:<id>`
    ///     KEYS[2]   hash `swift:turns`
    ///     KEYS[3]   hash `swift:again`
    ///     KEYS[4]   string `stat:processed`
    ///     KEYS[5]   string `stat:processed:<id>`
    ///     KEYS[6]   string `stat:failed`
    ///     KEYS[7]   string `stat:failed:<id>`
    ///     KEYS[8]   list `failed`
    ///     KEYS[9]   list `queue:<name>` that the job came from
    ///     KEYS[10]  set `queues`
    ///     KEYS[11]  hash `swift:locks`
    ///     ARGV[1]   id of the worker
    ///     ARGV[2]   `done`, `failed`, `retry`, `later`, `front`, `back` or `skip`
    ///     ARGV[3]   bytes of the job
    ///     ARGV[4]   history of the job, to be kept; or empty
    ///     ARGV[5]   `failed`: the entry for `failed`
    ///     ARGV[6]   `retry`, `later`: the delay in milliseconds
    ///     ARGV[7]   namespace and colon
    ///     ARGV[8]   name of the queue
    static let acknowledging =
        identifying + delaying + releasing + """

            local worker, turns, id, job = KEYS[1], KEYS[2], ARGV[1], ARGV[3]
            local function count(total, own) redis.call('INCR', total) redis.call('INCR', own) end
            local function remember()
              if ARGV[4] == '' then return end
              local digest = identity(job)
              local all = redis.call('HGET', KEYS[3], digest)
              redis.call('HSET', KEYS[3], digest, all and all .. ' ' .. ARGV[4] or ARGV[4])
              redis.call('EXPIRE', KEYS[3], 604800)
            end
            local function settle()
              local outcome = ARGV[2]
              if outcome == 'done' then
                count(KEYS[4], KEYS[5])
              elseif outcome == 'failed' then
                redis.call('RPUSH', KEYS[8], ARGV[5])
                count(KEYS[6], KEYS[7])
                count(KEYS[4], KEYS[5])
              elseif outcome == 'retry' or outcome == 'later' then
                delay(ARGV[7], job, ARGV[6])
                remember()
                if outcome == 'retry' then count(KEYS[6], KEYS[7]) end
              elseif outcome == 'front' or outcome == 'back' then
                redis.call(outcome == 'front' and 'LPUSH' or 'RPUSH', KEYS[9], job)
                redis.call('SADD', KEYS[10], ARGV[8])
                remember()
              end
            end
            """

    /// Defines `unfit(key, count)`, which of so many keys from a place on is no queue, and `push(queues, key, count, word)`,
    /// which pushes to them the jobs that are in ARGV from the word on, each after its queue's name.
    static let pushing = """
        local function unfit(key, count)
          for i = key, key + count - 1 do
            local type = redis.call('TYPE', KEYS[i]).ok
            if type ~= 'list' and type ~= 'none' then return KEYS[i] .. ': a queue is a list, and this is a ' .. type end
          end
        end
        local function push(queues, key, count, word)
          for i = key, key + count - 1 do
            redis.call('SADD', queues, ARGV[word])
            redis.call('RPUSH', KEYS[i], ARGV[word + 1])
            word = word + 2
          end
        end

        """

    /// Defines `identity(job)`, the key of a job's history: a digest of its class and its arguments, or of its class and
    /// the `id` of its first argument. Schedulers of other programs write a job anew, with its members in another order.
    static let identifying = """
        local function canonical(value)
          if type(value) ~= 'table' then return cjson.encode(value) end
          local names, parts = {}, {}
          for name in pairs(value) do table.insert(names, name) end
          table.sort(names, function(one, other) return tostring(one) < tostring(other) end)
          for _, name in ipairs(names) do table.insert(parts, tostring(name) .. ':' .. canonical(value[name])) end
          return '{' .. table.concat(parts, ',') .. '}'
        end
        local function identity(job)
          local ok, text = pcall(function()
            local decoded = cjson.decode(job)
            local first = type(decoded.args) == 'table' and decoded.args[1]
            local id = type(first) == 'table' and first.id
            if type(id) == 'string' then return canonical({decoded.class, id}) end
            return canonical({decoded.class, decoded.args})
          end)
          return redis.sha1hex(ok and text or job)
        end

        """

    /// Defines `release(locks, id)`: the ``JobLock`` that a worker holds.
    static let releasing = """
        local function release(locks, id)
          local lock = redis.call('HGET', locks, id)
          if not lock then return end
          redis.call('HDEL', locks, id)
          if string.sub(redis.call('GET', lock) or '', -#id) == id then redis.call('DEL', lock) end
        end

        """

    /// Defines `delay(namespace, job, milliseconds)`, by the clock of Redis and never early.
    static let delaying = """
        local function at(namespace, job, second)
          redis.call('RPUSH', namespace .. 'delayed:' .. second, job)
          redis.call('SADD', namespace .. 'timestamps:' .. job, 'delayed:' .. second)
          redis.call('ZADD', namespace .. 'delayed_queue_schedule', second, second)
        end
        local function delay(namespace, job, milliseconds)
          local now = redis.call('TIME')
          local due = now[1] * 1000 + math.ceil(now[2] / 1000) + milliseconds
          at(namespace, job, string.format('%d', math.ceil(due / 1000)))
        end

        """
}
