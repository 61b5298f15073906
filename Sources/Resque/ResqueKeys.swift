import BgdemoFoundations

/// The names of the keys, as Ruby Resque, resque-scheduler and node-resque have them; and below `swift:` those that
/// only this library uses.
struct ResqueKeys: Sendable {
    /// The namespace and a colon.
    let prefix: String

    private let queuePrefix: String

    init(namespace: String) {
        prefix = namespace + ":"
        queuePrefix = prefix + "queue:"
    }

    /// Set: the names of the queues.
    var queues: String { prefix + "queues" }
    /// List: the jobs of one queue, the next one at its left.
    func queue(_ name: String) -> String { queuePrefix + name }

    /// Set: the ids of the workers, `<host>:<pid>:<queues>`.
    var workers: String { prefix + "workers" }
    /// String: what the worker is working on; absent while it is idle.
    func worker(_ id: String) -> String { prefix + "worker:" + id }
    /// String: when the worker started.
    func started(_ id: String) -> String { prefix + "worker:" + id + ":started" }
    /// Hash: worker id → ISO-8601 time of its last heartbeat.
    var heartbeat: String { prefix + "workers:heartbeat" }
    /// String: node's heartbeat, by `<host>:<pid>`.
    func ping(_ name: String) -> String { prefix + "worker:ping:" + name }
    /// String: `true` pauses every worker.
    var pause: String { prefix + "pause-all-workers" }
    /// String: any value pauses every worker; resque-pause's.
    var pauseAll: String { prefix + "pause:all" }
    /// String: any value pauses one queue; resque-pause's.
    func pause(of queue: String) -> String { "\(prefix)pause:queue:\(queue)" }

    /// String: a count; `processed` and `failed`, and each `:<worker id>`.
    func stat(_ name: String) -> String { prefix + "stat:" + name }
    /// List: the failures, the newest at its right.
    var failed: String { prefix + "failed" }
    /// Set: the names of further lists of failures, `<queue>_failed`, as Ruby's `RedisMultiQueue` has them.
    var failedLists: String { prefix + "failed_queues" }

    /// Sorted set: the seconds for which there are delayed jobs.
    var schedule: String { prefix + "delayed_queue_schedule" }
    /// List, with the second appended: the jobs that are due then.
    var delayedPrefix: String { prefix + "delayed:" }
    /// Set: where the job with these bytes is delayed.
    func timestamps(_ job: [UInt8]) -> [UInt8] { Array((prefix + "timestamps:").utf8) + job }
    /// String: the name of the scheduler that moves the delayed jobs; node's.
    var leader: String { prefix + "resque_scheduler_leader_lock" }
    /// String: the scheduler of Ruby that moves delayed jobs and enqueues recurring ones. Its key has the namespace twice.
    var rubyLeader: String { prefix + prefix + "resque_scheduler_master_lock" }

    /// Hash: name → recurring job; resque-scheduler's, up to 2.
    var schedules: String { prefix + "schedules" }
    /// Hash: name → recurring job; resque-scheduler's "dynamic" ones.
    var persistentSchedules: String { prefix + "persistent_schedules" }
    /// Set: the names of recurring jobs that a scheduler of Ruby has to read again.
    var changedSchedules: String { prefix + "schedules_changed" }
    /// Hash: name → when a recurring job was last enqueued, as Ruby's `Time#to_s`.
    var lastEnqueued: String { prefix + "delayed:last_enqueued_at" }

    /// String: a lock of node's plugins on all jobs that are equal to one.
    func lock(_ kind: String, _ job: Job) -> String {
        let json = job.arguments.json
        // As JavaScript spells them: another program may spell the same arguments in another way.
        let canonical = (try? JavaScriptJSON.stringify(json)) ?? json
        return "\(prefix)\(kind):\(job.className):\(job.queue):" + String(decoding: canonical, as: UTF8.self)
    }

    /// Hash: process → how others can tell that it lives: on its own host by its pid, on others by its lease.
    var processes: String { prefix + "swift:processes" }
    /// Hash: worker id → the number of its job, and what is remembered of it.
    var reservations: String { prefix + "swift:turns" }
    /// Hash: SHA-1 of the class and the arguments of a job that came back (see `identity` in ``ResqueScripts``) → its
    /// history, until it is reserved again.
    var again: String { prefix + "swift:again" }
    /// Hash: name of a recurring job → a ``ScheduleRecord``.
    var scheduleRecords: String { prefix + "swift:schedules" }
    /// String: `<number of the reservation> <fraction>`, how much of its job a worker has done.
    func progress(of worker: String) -> String { prefix + "swift:progress:" + worker }
    /// String: there while the job of this identity is to be cancelled.
    func cancellation(of job: String) -> String { prefix + "swift:cancel:" + job }
    /// String: when the bucket of a queue's ``RateLimit`` is full again, in microseconds since 1970.
    func rate(of queue: String) -> String { prefix + "swift:rate:" + queue }
    /// Hash: worker id → the ``JobLock`` it holds.
    var locks: String { prefix + "swift:locks" }
}
