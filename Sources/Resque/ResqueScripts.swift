import RedisClient

/// The Lua scripts of workers: each is one step in Redis. The bytes of a job are copied as they are, because `cjson` would
/// turn `[]` into `{}` and long integers into floats. The number of a reservation fences it: a worker that was taken for
/// dead and lost its job cannot acknowledge it, and a script whose reply was lost does not act twice.
enum ResqueScripts {
    /// For each of m workers: acknowledges the job that it has performed, pushes what it leads to, and pops and records the
    /// next one. Jobs are given to the workers in their order.
    ///
    ///     KEYS[1]            hash `swift:turns`: worker id → number of its reservation and history of its job
    ///     KEYS[2]            hash `swift:again`: identity of a job → its history
    ///     KEYS[3]            string `pause-all-workers`
    ///     KEYS[4]            string `pause:all`
    ///     KEYS[5]            hash `swift:locks`: worker id → the lock that it holds
    ///     KEYS[6]            set `queues`
    ///     KEYS[7]            string `stat:processed`
    ///     KEYS[8...7+n]      lists `queue:<name>`, by priority
    ///     KEYS[8+n...7+2n]   strings `pause:queue:<name>`, in the same order
    ///     KEYS[8+2n...]      for each worker: string `worker:<id>`, what it is working on, and string `stat:processed:<id>`
    ///     KEYS[8+2n+2m...]   lists `queue:<name>` of the jobs to push, one for each
    ///     ARGV[1]            n, the number of queues
    ///     ARGV[2]            m, the number of workers
    ///     ARGV[3...2+n]      beginning of the record for each queue, before the job
    ///     ARGV[3+n...]       for each worker: its id; number of the reservation to acknowledge, or 0; number of the next;
    ///                        end of the record, after the job; how many jobs to push, and for each the name of its queue
    ///                        and its bytes
    ///
    /// Returns for each worker, one after another, `word, lost, queue, value, history`:
    ///
    ///     word      `job`, `recorded` (this reservation was made before), `paused`, `empty`, `wrong` (a queue's key has
    ///               another type), or `unfit` (a job to push leads to such a key; nothing is acknowledged then)
    ///     lost      1 if the job to acknowledge was not this worker's any more, else 0
    ///     queue     number of the queue that the job came from, 1 to n
    ///     value     `job`: its bytes; `recorded`: the whole record; `wrong`, `unfit`: which key, and why
    ///     history   number of the reservation and history of the job
    static let reserve = RedisScript(
        identifying + releasing + pushing + """

            local n, m = tonumber(ARGV[1]), tonumber(ARGV[2])
            local ids, workers, reply = {}, {}, {}
            local word, key = 3 + n, 8 + 2 * n + 2 * m
            for i = 1, m do
              local pushes = tonumber(ARGV[word + 4])
              ids[i] = ARGV[word]
              workers[i] = {
                id = ARGV[word], last = ARGV[word + 1], next = ARGV[word + 2], tail = ARGV[word + 3], word = word + 5,
                key = key, pushes = pushes, record = KEYS[6 + 2 * n + 2 * i], count = KEYS[7 + 2 * n + 2 * i], place = 5 * i
              }
              word, key = word + 5 + 2 * pushes, key + pushes
            end
            local function answer(worker, word, queue, value, memory)
              local place = worker.place
              reply[place - 4], reply[place - 3], reply[place - 2] = word, worker.lost or 0, queue
              reply[place - 1], reply[place] = value or '', memory or ''
            end
            local turns = redis.call('HMGET', KEYS[1], unpack(ids))
            -- Changes nothing; after it Redis takes the others when memory is short.
            redis.call('SREM', KEYS[6], '')

            -- Acknowledges. Where a record is gone, a worker of another program took ours for dead.
            local acknowledged = {}
            for i, worker in ipairs(workers) do
              worker.turn = string.match(turns[i] or '', '^%d*')
              if worker.turn == worker.last then table.insert(acknowledged, worker.record) end
            end
            local hasAll = #acknowledged > 0 and redis.call('EXISTS', unpack(acknowledged)) == #acknowledged
            local waiting, counts = {}, {}
            for i, worker in ipairs(workers) do
              if worker.turn == worker.next then
                answer(worker, 'recorded', 0, redis.call('GET', worker.record), turns[i])
              else
                worker.holds = worker.turn == worker.last and (hasAll or redis.call('EXISTS', worker.record) == 1)
                local misfit = worker.turn == worker.last and worker.pushes > 0 and unfit(worker.key, worker.pushes)
                if misfit then
                  answer(worker, 'unfit', 0, misfit)
                else
                  table.insert(waiting, worker)
                  if worker.holds then
                    push(KEYS[6], worker.key, worker.pushes, worker.word)
                    table.insert(counts, worker.count)
                  elseif worker.last ~= '0' then
                    worker.lost = 1
                  end
                end
              end
            end
            if #counts > 0 then
              table.insert(counts, KEYS[7])
              local values, pairs = redis.call('MGET', unpack(counts)), {}
              for i, count in ipairs(counts) do
                local done = i == #counts and i - 1 or 1
                table.insert(pairs, count)
                table.insert(pairs, string.format('%.0f', (tonumber(values[i] or 0) or 0) + done))
              end
              redis.call('MSET', unpack(pairs))
              if redis.call('EXISTS', KEYS[5]) == 1 then
                for _, worker in ipairs(waiting) do
                  if worker.holds then release(KEYS[5], worker.id) end
                end
              end
            end

            -- Pops and records.
            local hasHistories = redis.call('EXISTS', KEYS[2]) == 1
            local function remembered(job)
              if not hasHistories then return '' end
              local digest = identity(job)
              local all = redis.call('HGET', KEYS[2], digest)
              if not all then return '' end
              local first, rest = string.match(all, '^(%S*) ?(.*)$')
              if rest == '' then redis.call('HDEL', KEYS[2], digest) else redis.call('HSET', KEYS[2], digest, rest) end
              return ' ' .. first
            end
            local function pop(queue, count)
              local jobs = redis.pcall('LPOP', queue, count)
              -- Before Redis 6.2 it takes no count.
              if type(jobs) == 'table' and jobs.err and not string.find(jobs.err, '^WRONGTYPE') then
                jobs = redis.pcall('LPOP', queue)
              end
              if type(jobs) == 'string' then jobs = {jobs} end
              return jobs
            end
            local pause = redis.call('GET', KEYS[3])
            local paused = pause and string.match(string.lower(pause), '^%s*true%s*$') or redis.call('EXISTS', KEYS[4]) == 1
            local given, numbers, records, wrong = 0, {}, {}, nil
            for i = 8, paused and 0 or 7 + n do
              local open = given < #waiting and redis.call('EXISTS', KEYS[i + n]) == 0
              while open and given < #waiting do
                local jobs = pop(KEYS[i], #waiting - given)
                if not jobs then break end
                if jobs.err then
                  wrong = KEYS[i] .. ': ' .. jobs.err
                  break
                end
                for _, job in ipairs(jobs) do
                  given = given + 1
                  local worker = waiting[given]
                  local memory = worker.next .. remembered(job)
                  local payload = job
                  if not (string.find(job, '^%s*{') and string.sub(job, -1) == '}') then payload = cjson.encode(job) end
                  table.insert(numbers, worker.id)
                  table.insert(numbers, memory)
                  table.insert(records, worker.record)
                  table.insert(records, ARGV[i - 5] .. payload .. worker.tail)
                  answer(worker, 'job', i - 7, job, memory)
                end
              end
            end
            if given > 0 then
              redis.call('HSET', KEYS[1], unpack(numbers))
              redis.call('MSET', unpack(records))
            end
            for i = given + 1, #waiting do
              local worker = waiting[i]
              if worker.holds then redis.call('DEL', worker.record) end
              if worker.turn ~= '' then redis.call('HDEL', KEYS[1], worker.id) end
              answer(worker, paused and 'paused' or wrong and 'wrong' or 'empty', 0, wrong)
            end
            return reply
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
            -- Changes nothing, but fails where this is no set; and after it Redis takes the others when memory is short.
            redis.call('SREM', KEYS[10], '')
            if unfit(12, #KEYS - 11) then return 0 end
            redis.call('HDEL', turns, id)
            if redis.call('DEL', worker) == 0 then return 0 end
            push(KEYS[10], 12, #KEYS - 11, 10)
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
    ///     KEYS[16]      hash `swift:processes`
    ///     ARGV[1...8]   see ``acknowledging``
    ///     ARGV[9]       the worker's record as it was seen; empty where there was none
    ///     ARGV[10]      the worker's heartbeat as it was seen; empty where there was none, `-` where it does not matter
    ///     ARGV[11]      the name of its process
    ///     ARGV[12]      what is said of its process, as it was seen; `-` where it does not matter
    ///
    /// Returns 1, or 0 where these have changed since: the worker is alive.
    static let removeWorker = RedisScript(
        acknowledging + """

            local function changed(seen, now) return seen ~= '-' and seen ~= (now or '') end
            if changed(ARGV[9], redis.call('GET', worker)) then return 0 end
            if changed(ARGV[10], redis.call('HGET', KEYS[13], id)) then return 0 end
            if changed(ARGV[12], redis.call('HGET', KEYS[16], ARGV[11])) then return 0 end
            redis.call('SREM', KEYS[12], id)
            redis.call('HDEL', KEYS[13], id)
            redis.call('HDEL', turns, id)
            release(KEYS[11], id)
            if ARGV[9] ~= '' then settle() end
            redis.call('DEL', worker, KEYS[14], KEYS[15], KEYS[5], KEYS[7])
            return 1
            """)
}
