import RedisClient

/// The Lua scripts of workers: each is one step in Redis. The bytes of a job are copied as they are, because `cjson` would
/// turn `[]` into `{}` and long integers into floats. The number of a reservation fences it: a worker that was taken for
/// dead and lost its job cannot acknowledge it, and a script whose reply was lost does not act twice.
enum ResqueScripts {
    /// Acknowledges the job of one turn, pushes what it leads to, and pops and records the one of the next.
    ///
    ///     KEYS[1]            string `worker:<id>`: what the worker is working on
    ///     KEYS[2]            hash `swift:turns`: worker id → number of its reservation and history of its job
    ///     KEYS[3]            hash `swift:again`: identity of a job → its history
    ///     KEYS[4]            string `pause-all-workers`
    ///     KEYS[5]            string `stat:processed`
    ///     KEYS[6]            string `stat:processed:<id>`
    ///     KEYS[7]            hash `swift:locks`: worker id → the lock that it holds
    ///     KEYS[8]            set `queues`
    ///     KEYS[9]            string `pause:all`
    ///     KEYS[10...9+n]     lists `queue:<name>`, by priority
    ///     KEYS[10+n...9+2n]  strings `pause:queue:<name>`, in the same order
    ///     KEYS[10+2n...]     lists `queue:<name>` of the jobs to push, one for each
    ///     ARGV[1]            id of the worker
    ///     ARGV[2]            number of the reservation to acknowledge, or 0
    ///     ARGV[3]            number of the next reservation
    ///     ARGV[4]            end of the record, after the job
    ///     ARGV[5]            n, the number of queues
    ///     ARGV[6...5+n]      beginning of the record for each queue, before the job
    ///     ARGV[6+n...]       for each job to push: name of its queue, then its bytes
    ///
    /// Returns `{word, lost, queue, value, history}`:
    ///
    ///     word      `job`, `recorded` (this reservation was made before), `paused`, `empty`, `wrong` (a queue's key has
    ///               another type), or `unfit` (a job to push leads to such a key; nothing is acknowledged then)
    ///     lost      1 if the job to acknowledge was not this worker's any more, else 0
    ///     queue     number of the queue that the job came from, 1 to n
    ///     value     `job`: its bytes; `recorded`: the whole record; `wrong`, `unfit`: which key, and why
    ///     history   number of the reservation and history of the job
    static let reserve = RedisScript(
        identifying + releasing + pushing + """

            local memory = redis.call('HGET', KEYS[2], ARGV[1]) or ''
            local turn = string.match(memory, '^%d*')
            local lost = 0
            if turn == ARGV[3] then
              return {'recorded', 0, 0, redis.call('GET', KEYS[1]), memory}
            end
            local queues = tonumber(ARGV[5])
            local pushed = 10 + 2 * queues
            local misfit = turn == ARGV[2] and unfit(KEYS[8], pushed)
            if misfit then return {'unfit', 0, 0, misfit} end
            -- Where the record is gone, a worker of another program took us for dead.
            if turn == ARGV[2] and redis.call('DEL', KEYS[1]) == 1 then
              push(KEYS[8], pushed, 6 + queues)
              redis.call('INCR', KEYS[5])
              redis.call('INCR', KEYS[6])
              release(KEYS[7], ARGV[1])
            elseif ARGV[2] ~= '0' then
              lost = 1
            end
            local function remembered(job)
              if redis.call('EXISTS', KEYS[3]) == 0 then return '' end
              local digest = identity(job)
              local all = redis.call('HGET', KEYS[3], digest)
              if not all then return '' end
              local first, rest = string.match(all, '^(%S*) ?(.*)$')
              if rest == '' then redis.call('HDEL', KEYS[3], digest) else redis.call('HSET', KEYS[3], digest, rest) end
              return ' ' .. first
            end
            local pause = redis.call('GET', KEYS[4])
            local paused = pause and string.match(string.lower(pause), '^%s*true%s*$') or redis.call('EXISTS', KEYS[9]) == 1
            local wrong
            if not paused then
              for i = 10, 9 + queues do
                local job = redis.call('EXISTS', KEYS[i + queues]) == 0 and redis.pcall('LPOP', KEYS[i])
                if type(job) == 'table' then
                  wrong = KEYS[i] .. ': ' .. job.err
                elseif job then
                  memory = ARGV[3] .. remembered(job)
                  local payload = job
                  if not (string.find(job, '^%s*{') and string.sub(job, -1) == '}') then payload = cjson.encode(job) end
                  redis.call('HSET', KEYS[2], ARGV[1], memory)
                  redis.call('SET', KEYS[1], ARGV[i - 4] .. payload .. ARGV[4])
                  return {'job', lost, i - 9, job, memory}
                end
              end
            end
            if turn ~= '' then redis.call('HDEL', KEYS[2], ARGV[1]) end
            return {paused and 'paused' or wrong and 'wrong' or 'empty', lost, 0, wrong}
            """)

    /// Acknowledges the job of a reservation: it is done, or goes where it has to go, with its history.
    ///
    ///     KEYS[1...11]  see ``acknowledging``
    ///     KEYS[12...]   lists `queue:<name>` of the jobs to push, one for each
    ///     ARGV[1...8]   see ``acknowledging``
    ///     ARGV[9]       number of the reservation
    ///     ARGV[10...]   for each job to push: name of its queue, then its bytes
    ///
    /// Returns 1, or 0 where the reservation was not the worker's any more or a job to push leads to a key that is no
    /// queue.
    static let acknowledge = RedisScript(
        pushing + acknowledging + """

            if string.match(redis.call('HGET', turns, id) or '', '^%d*') ~= ARGV[9] then return 0 end
            if unfit(KEYS[10], 12) then return 0 end
            redis.call('HDEL', turns, id)
            if redis.call('DEL', worker) == 0 then return 0 end
            push(KEYS[10], 12, 10)
            release(KEYS[11], id)
            settle()
            return 1
            """)

    /// Removes a worker that is dead or stops, and acknowledges the job that is recorded with it.
    ///
    ///     KEYS[1...11]  see ``acknowledging``
    ///     KEYS[12]      set `workers`
    ///     KEYS[13]      hash `workers:heartbeat`
    ///     KEYS[14]      string `worker:<id>:started`
    ///     KEYS[15]      string `worker:ping:<name>`
    ///     ARGV[1...8]   see ``acknowledging``
    ///     ARGV[9]       the worker's record as it was seen; empty where there was none
    ///     ARGV[10]      the worker's heartbeat as it was seen; empty where there was none, `-` where it does not matter
    ///
    /// Returns 1, or 0 where these have changed since: the worker is alive.
    static let removeWorker = RedisScript(
        acknowledging + """

            local function changed(seen, now) return seen ~= '-' and seen ~= (now or '') end
            if changed(ARGV[9], redis.call('GET', worker)) then return 0 end
            if changed(ARGV[10], redis.call('HGET', KEYS[13], id)) then return 0 end
            redis.call('SREM', KEYS[12], id)
            redis.call('HDEL', KEYS[13], id)
            redis.call('HDEL', turns, id)
            release(KEYS[11], id)
            if ARGV[9] ~= '' then settle() end
            redis.call('DEL', worker, KEYS[14], KEYS[15], KEYS[5], KEYS[7])
            return 1
            """)

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
    private static let acknowledging =
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

    /// Defines `unfit(queues, key)`, which of the keys from that place on is no queue, and `push(queues, key, word)`, which
    /// pushes to them the jobs that are in ARGV from the word on, each after its queue's name.
    private static let pushing = """
        local function unfit(queues, key)
          -- Changes nothing, but fails where this is no set; and after it Redis takes the others when memory is short.
          if key <= #KEYS then redis.call('SREM', queues, '') end
          for i = key, #KEYS do
            local type = redis.call('TYPE', KEYS[i]).ok
            if type ~= 'list' and type ~= 'none' then return KEYS[i] .. ': a queue is a list, and this is a ' .. type end
          end
        end
        local function push(queues, key, word)
          for i = key, #KEYS do
            redis.call('SADD', queues, ARGV[word])
            redis.call('RPUSH', KEYS[i], ARGV[word + 1])
            word = word + 2
          end
        end

        """

    /// Defines `identity(job)`, the key of a job's history: a digest of its class and its arguments, or of its class and
    /// the `id` of its first argument. Schedulers of other programs write a job anew, with its members in another order.
    private static let identifying = """
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
    private static let releasing = """
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
