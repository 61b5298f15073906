/// The functions in Lua that several scripts share. Each text stands at the beginning of a script.
extension ResqueScripts {
    /// Defines `settle()`, which does with a job what is to become of it, and `refusal()`, an error where a key that
    /// `settle()` writes has another type, or the user may not write it. It is called before the first write, because a script that fails undoes nothing,
    /// and before `settle()` in any case.
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
        identifying + delaying + permitting + releasing + """

            local worker, turns, id, job = KEYS[1], KEYS[2], ARGV[1], ARGV[3]
            local second
            local function refusal()
              local outcome = ARGV[2]
              local refused = forbidden('HDEL', 'DEL')
              if refused or outcome == 'done' or outcome == 'skip' then return refused end
              if outcome == 'failed' then return forbidden('RPUSH') or misfit(KEYS[8], 'list') end
              refused = forbidden('RPUSH', 'LPUSH', 'SADD', 'ZADD', 'HSET')
                or ARGV[4] ~= '' and misfit(KEYS[3], 'hash')
              if outcome == 'front' or outcome == 'back' then
                return refused or misfit(KEYS[9], 'list') or misfit(KEYS[10], 'set')
              end
              second = due(ARGV[6])
              return refused or undelayable(ARGV[7], second, {job}, 1)
            end
            -- One that is no number stays as it is.
            local function count(total, own) redis.pcall('INCR', total) redis.pcall('INCR', own) end
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
                at(ARGV[7], job, second)
                remember()
                if outcome == 'retry' then count(KEYS[6], KEYS[7]) end
              elseif outcome == 'front' or outcome == 'back' then
                redis.call(outcome == 'front' and 'LPUSH' or 'RPUSH', KEYS[9], job)
                redis.call('SADD', KEYS[10], ARGV[8])
                remember()
              end
            end
            """

    /// Defines `forbidden(name, ...)`, an error where the user may not run one of these commands on the script's keys. It is
    /// called before the first write, because a script that fails undoes nothing. Before Redis 7 it cannot be asked.
    static let permitting = """
        local forms = {
          HDEL = {'x'}, HSET = {'x', 'x'}, LPUSH = {'x'}, LREM = {'0', 'x'}, MSET = {'x'}, RPUSH = {'x'}, SADD = {'x'},
          SET = {'x'}, SREM = {'x'}, ZADD = {'0', 'x'}}
        local function forbidden(...)
          if not redis.acl_check_cmd then return end
          for _, name in ipairs({...}) do
            if not redis.acl_check_cmd(name, KEYS[1], unpack(forms[name] or {})) then
              return redis.error_reply('NOPERM this user has no permissions to run the ' .. name .. ' command of a script')
            end
          end
        end

        """

    /// Defines `misfit(key, wanted)`, an error where a key has another type than the wanted one. The name may be as long as a
    /// job, and the line of an error may not.
    static let checking = """
        local function misfit(key, wanted)
          local type = redis.call('TYPE', key).ok
          if type == wanted or type == 'none' then return end
          return redis.error_reply('WRONGTYPE ' .. string.sub(key, 1, 200) .. ' is a ' .. type .. ' and no ' .. wanted)
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
          -- A key of another type is no lock: the job is acknowledged all the same.
          local lock = redis.pcall('HGET', locks, id)
          if type(lock) ~= 'string' then return end
          redis.call('HDEL', locks, id)
          local holder = redis.pcall('GET', lock)
          if type(holder) == 'string' and string.sub(holder, -#id) == id then redis.call('DEL', lock) end
        end

        """

    /// Defines `due(milliseconds)`, the second when so much time has passed, by the clock of Redis and never early;
    /// `undelayable(namespace, second, jobs, place)`, an error where a key has another type than what delays the jobs from this
    /// place on; and `at(namespace, job, second)`, which delays one.
    static let delaying =
        checking + """
            local function due(milliseconds)
              local now = redis.call('TIME')
              local due = now[1] * 1000 + math.ceil(now[2] / 1000) + milliseconds
              return string.format('%d', math.ceil(due / 1000))
            end
            local function undelayable(namespace, second, jobs, place)
              local refused =
                misfit(namespace .. 'delayed_queue_schedule', 'zset') or misfit(namespace .. 'delayed:' .. second, 'list')
              for i = place, #jobs do refused = refused or misfit(namespace .. 'timestamps:' .. jobs[i], 'set') end
              return refused
            end
            local function at(namespace, job, second)
              redis.call('ZADD', namespace .. 'delayed_queue_schedule', second, second)
              redis.call('RPUSH', namespace .. 'delayed:' .. second, job)
              -- Last: the job is moved without it, too.
              redis.pcall('SADD', namespace .. 'timestamps:' .. job, 'delayed:' .. second)
            end

            """
}
