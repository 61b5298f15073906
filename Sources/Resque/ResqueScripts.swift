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
    ///     KEYS[8+2n...]      for each worker string `worker:<id>`, what it is working on
    ///     KEYS[8+2n+m...]    for each worker string `stat:processed:<id>`
    ///     KEYS[8+2n+2m...]   lists `queue:<name>` of the jobs to push, one for each
    ///     ARGV[1]            n, the number of queues
    ///     ARGV[2]            m, the number of workers
    ///     ARGV[3...2+n]      beginning of the record for each queue, before the job
    ///     ARGV[3+n...]       for each worker its id
    ///     ARGV[3+n+m...]     for each worker the number of the reservation to acknowledge, or 0
    ///     ARGV[3+n+2m...]    for each worker the number of the next
    ///     ARGV[3+n+3m...]    for each worker the end of the record, after the job
    ///     ARGV[3+n+4m...]    for each worker how many jobs to push; missing where there are none
    ///     ARGV[3+n+5m...]    for each job to push the name of its queue, and its bytes
    ///
    /// Returns for each worker, one after another, `what, value, history`, and then a list of the workers, from 1 on, whose
    /// job to acknowledge was not theirs any more:
    ///
    ///     what      number of the queue that a job came from, 1 to n; `recorded` (this reservation was made before),
    ///               `paused`, `empty`, `wrong` (a queue's key has another type), or `unfit` (a job to push leads to such
    ///               a key; nothing is acknowledged then)
    ///     value     of a job its bytes; `recorded`: the whole record; `wrong`, `unfit`: which key, and why
    ///     history   `recorded`: number of the reservation and history of the job; of a job its history alone, or empty
    ///
    /// There is no table for each worker, and no call that is not needed: the script is most of what a job costs Redis.
    static let reserve = RedisScript(
        identifying + permitting + releasing + pushing + """

            local call, n, m = redis.call, tonumber(ARGV[1]), tonumber(ARGV[2])
            -- What is of the workers follows these places.
            local ids, lasts, nexts, ends, pushes = 2 + n, 2 + n + m, 2 + n + 2 * m, 2 + n + 3 * m, 2 + n + 4 * m
            local records, totals = 7 + 2 * n, 7 + 2 * n + m
            local reply, lost = {}, {}
            local function answer(i, what, value, history)
              reply[3 * i - 2], reply[3 * i - 1], reply[3 * i] = what, value or '', history or ''
            end
            local turns = call('HMGET', KEYS[1], unpack(ARGV, ids + 1, ids + m))
            -- Changes nothing; after it Redis takes the others when memory is short.
            call('SREM', KEYS[6], '')
            -- Before anything is changed: it fails where the key has another type, or a command is refused.
            local refused = forbidden('HSET', 'MSET', 'HDEL', 'DEL', 'SET')
              or #ARGV > pushes and forbidden('SADD', 'RPUSH')
            if refused then return refused end
            local pause = call('GET', KEYS[3])
            local paused = pause and string.match(string.lower(pause), '^%s*true%s*$') or call('EXISTS', KEYS[4]) == 1

            -- Acknowledges. Where a record is gone, a worker of another program took ours for dead.
            local numbers, acknowledged, count = {}, {}, 0
            for i = 1, m do
              local turn, last = turns[i], ARGV[lasts + i]
              if turn and turn ~= last then turn = string.match(turn, '^%d*') end
              numbers[i] = turn
              if turn == last then
                count = count + 1
                acknowledged[count] = KEYS[records + i]
              end
            end
            local hasAll = count > 0 and call('EXISTS', unpack(acknowledged)) == count
            local hasLocks = count > 0 and call('EXISTS', KEYS[5]) == 1
            local waiting, holding, size, done = {}, {}, 0, 0
            local word, key, hasPushes = pushes + m + 1, totals + m + 1, #ARGV > pushes
            for i = 1, m do
              local last, jobs, misfit = ARGV[lasts + i], 0, nil
              local isLast = numbers[i] == last
              if hasPushes and ARGV[pushes + i] ~= '0' then
                jobs = tonumber(ARGV[pushes + i])
                misfit = isLast and unfit(key, jobs)
              end
              -- Without its record a reservation is over: the worker is given another job.
              local record = numbers[i] == ARGV[nexts + i] and redis.pcall('GET', KEYS[records + i])
              if type(record) == 'string' then
                answer(i, 'recorded', record, turns[i])
              elseif misfit then
                answer(i, 'unfit', misfit)
              else
                size = size + 1
                waiting[size] = i
                if isLast and (hasAll or call('EXISTS', KEYS[records + i]) == 1) then
                  holding[i] = true
                  done = done + 1
                  push(KEYS[6], key, jobs, word)
                  -- One that is no number stays as it is.
                  redis.pcall('INCR', KEYS[totals + i])
                  if hasLocks then release(KEYS[5], ARGV[ids + i]) end
                elseif last ~= '0' then
                  lost[#lost + 1] = i
                end
              end
              word, key = word + 2 * jobs, key + jobs
            end
            if done > 0 then
              local total = call('MGET', KEYS[7])[1]
              call('SET', KEYS[7], string.format('%.0f', (tonumber(total or 0) or 0) + done))
            end

            -- Pops and records.
            local hasHistories = call('EXISTS', KEYS[2]) == 1
            local function remembered(job)
              local digest = identity(job)
              -- A key of another type has no histories, and must not lose the jobs that are popped.
              local all = redis.pcall('HGET', KEYS[2], digest)
              if type(all) ~= 'string' then return end
              local first, rest = string.match(all, '^(%S*) ?(.*)$')
              if rest == '' then call('HDEL', KEYS[2], digest) else call('HSET', KEYS[2], digest, rest) end
              return first
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
            -- One question for all queues, unless they are more than Lua's stack takes.
            local hasPauses = n > 1000 or n > 0 and call('EXISTS', unpack(KEYS, 8 + n, 7 + 2 * n)) > 0
            local given, made, written, wrong = 0, {}, {}, nil
            for queue = 1, paused and 0 or n do
              local open = given < size and not (hasPauses and call('EXISTS', KEYS[7 + n + queue]) == 1)
              while open and given < size do
                local jobs = pop(KEYS[7 + queue], size - given)
                if not jobs then break end
                if jobs.err then
                  wrong = KEYS[7 + queue] .. ': ' .. jobs.err
                  break
                end
                local beginning = ARGV[2 + queue]
                for place = 1, #jobs do
                  local job = jobs[place]
                  local history = hasHistories and remembered(job)
                  local isObject = string.byte(job, -1) == 125 and (string.byte(job) == 123 or string.find(job, '^%s*{'))
                  local payload = isObject and job or cjson.encode(job)
                  given = given + 1
                  local i = waiting[given]
                  local number = ARGV[nexts + i]
                  made[2 * given - 1], made[2 * given] = ARGV[ids + i], history and number .. ' ' .. history or number
                  written[2 * given - 1] = KEYS[records + i]
                  written[2 * given] = beginning .. payload .. ARGV[ends + i]
                  answer(i, queue, job, history)
                end
              end
            end
            if given > 0 then
              call('HSET', KEYS[1], unpack(made))
              call('MSET', unpack(written))
            end
            for place = given + 1, size do
              local i = waiting[place]
              if holding[i] then call('DEL', KEYS[records + i]) end
              if turns[i] then call('HDEL', KEYS[1], ARGV[ids + i]) end
              answer(i, paused and 'paused' or wrong and 'wrong' or 'empty', wrong)
            end
            reply[3 * m + 1] = lost
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
            local refused = refusal()
            if refused then return refused end
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
            local refused = misfit(turns, 'hash') or ARGV[9] ~= '' and refusal()
            if refused then return refused end
            redis.call('SREM', KEYS[12], id)
            redis.call('HDEL', KEYS[13], id)
            redis.call('HDEL', turns, id)
            release(KEYS[11], id)
            if ARGV[9] ~= '' then settle() end
            redis.call('DEL', worker, KEYS[14], KEYS[15], KEYS[5], KEYS[7])
            return 1
            """)
}
