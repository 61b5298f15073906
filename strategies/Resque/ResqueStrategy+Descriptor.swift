public import BgdemoCore
import BgdemoOriginal2016
import RedisClient
import Resque

extension StrategyDescriptor {
    public static let resque = StrategyDescriptor(
        "resque", summary: "a job in a Redis queue; workers perform it",
        deployment: .webServerAndWorkers, redisRights: .resque, pages: [.queues],
        options: [ResqueOptions.self, ResqueEstateOptions.self, NamespaceOptions.self],
        // With `appendfsync everysec`, Redis' default, its last second.
        guarantees: .losesNothing(except: .powerFailure),
        notes: TalkNotes(
            "Remote queue",
            better: [
                "A queue that can be seen, and is kept", "Many servers, many workers",
                "Works with the Resque ecosystem",
            ],
            still: []),
        original: { context in
            try await ResqueStrategy(context) { _, jobs, options in
                jobs.registerOriginalMail(context.delivery)
                options.useOriginalSemantics()
            }
        },
        make: { context in
            try await ResqueStrategy(context) { mails, jobs, options in
                jobs.registerMail(mails, context.delivery, retry: context.work.retry)
                options.onDeadWorker = try WorkerOptions.DeadWorkerPolicy(context)
            }
        })
}

extension ResqueStrategy {
    /// - Parameter configure: Registers the job that sends a mail.
    fileprivate init(
        _ context: StrategyContext, configure: (MailJobs, inout Jobs, inout WorkerOptions) throws -> Void
    ) async throws {
        let (options, environment) = (try context.options(ResqueOptions.self), context.environment)
        let queues = try options.queues(environment) ?? [MailJobs.queue, SlowJobs.queue]
        let mails = MailJobs(className: try options.jobClass(environment), queues: queues)
        let redis = try context.requireRedis()
        let namespace = try context.options(NamespaceOptions.self).namespace(context.environment, on: redis.url)
        let commands = redis.connect(context.group, to: namespace + ":", logger: context.logger)
        await commands.warnWithoutAppendOnlyFile("jobs", context.logger)
        let worker =
            context.role.works
            ? try WorkerGroup(context, redis, queues, namespace) { try configure(mails, &$0, &$1) } : nil
        self.init(redis: commands, namespace: namespace, mails: mails, worker: worker)
    }
}

extension ResqueStrategy.WorkerGroup {
    fileprivate init(
        _ context: StrategyContext, _ redis: RedisEndpoint, _ queues: [String], _ namespace: String,
        _ configure: (inout Jobs, inout WorkerOptions) throws -> Void
    ) throws {
        var jobs = Jobs()
        jobs.registerSlowJobs()
        var options = WorkerOptions()
        options.namespace = namespace
        options.exceptionName = DeliveryErrorName.name
        options.otherProgramDeadAfter = try context.options(ResqueEstateOptions.self).otherWorkersDeadAfter(
            context.environment)
        options.onUnknownClass = try context.options(ResqueOptions.self).onUnknownClass(context.environment)
        options.grace = context.workerGrace
        options.redis = redis.options
        try configure(&jobs, &options)
        let concurrency = context.work.concurrency
        let processors = try context.options(ResqueOptions.self).processors(context.environment)
        self.init(
            queues: queues, jobs: jobs, processors: processors ?? concurrency...concurrency, redis: redis.url,
            on: context.group,
            options: options, environment: context.environment.variables["RAILS_ENV"], logger: context.logger)
    }
}

extension WorkerOptions.DeadWorkerPolicy {
    fileprivate init(_ context: StrategyContext) throws {
        self =
            switch try context.options(ResqueEstateOptions.self).action(context.environment) {
            case .requeue: .requeue
            case .fail: .fail
            }
    }
}

extension RedisRights {
    static let resque = RedisRights(
        commands: """
            blmove del eval evalsha exists expire get hdel hexists hget hgetall hkeys hlen hmget hset \
            incr lindex llen lpop lpush lrange lrem mget mset pexpire ping pttl role rpush sadd script|load \
            select set sismember smembers srem time ttl type unlink zadd zcard zrange zrangebyscore zrem
            """, keys: "resque:")
}
