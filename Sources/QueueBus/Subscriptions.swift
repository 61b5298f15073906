public import RedisClient

/// Everybody's subscriptions, in Redis.
public struct Subscriptions: Sendable {
    private let redis: any RedisCommands
    private let namespace: String

    /// - Parameter namespace: Resque's, which all programs on the bus share.
    public init(redis: any RedisCommands, namespace: String = "resque") {
        (self.redis, self.namespace) = (redis, namespace)
    }

    private var applications: String { "\(namespace):bus_apps" }
    private func key(_ application: String) -> String { "\(namespace):bus_app:\(application)" }

    /// Has an application subscribe to these and nothing else; to none of them is to leave the bus.
    public func subscribe(_ application: Application, to subscriptions: [Subscription]) async throws(RedisError) {
        guard !subscriptions.isEmpty else {
            try await unsubscribe(application)
            return
        }
        var set: [any RedisArgument] = ["HSET", key(application.key)]
        for subscription in subscriptions { set += [subscription.key, subscription.json] as [any RedisArgument] }
        try await all(["DEL", key(application.key)], RedisCommand(set), ["SADD", applications, application.key])
    }

    /// Adds one subscription, or puts it in the place of the one with its key.
    public func add(_ subscription: Subscription, to application: Application) async throws(RedisError) {
        try await all(
            RedisCommand(["HSET", key(application.key), subscription.key, subscription.json] as [any RedisArgument]),
            ["SADD", applications, application.key])
    }

    /// Takes an application off the bus. What was driven to its queues stays there.
    ///
    /// - Returns: Whether it was on it.
    @discardableResult
    public func unsubscribe(_ application: Application) async throws(RedisError) -> Bool {
        try await all(["SREM", applications, application.key], ["DEL", key(application.key)]).contains(1)
    }

    /// Takes one subscription away, and with the last one the application.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func remove(_ subscription: String, from application: Application) async throws(RedisError) -> Bool {
        try await redis.run(
            Self.removeOne, keys: [key(application.key), applications], arguments: [subscription, application.key]
        ).int == 1
    }

    /// What each application, by its key, is subscribed to. What is unreadable is passed over, as Ruby does.
    public func list() async throws(RedisError) -> [(application: String, subscriptions: [Subscription])] {
        try await raw().map { ($0.application, $0.fields.compactMap(Subscription.init(json:))) }
    }

    /// The same as it stands in Redis, in one step and in a fixed order.
    func raw() async throws(RedisError) -> [(application: String, fields: [[UInt8]])] {
        let reply = try await redis.run(
            Self.readAll, keys: [applications], arguments: ["\(namespace):bus_app:"])
        return (reply.array ?? []).compactMap { entry in
            guard let parts = entry.array, parts.count == 2, let application = parts[0].text else { return nil }
            return (application, (parts[1].array ?? []).compactMap(\.bytes))
        }
    }

    private static let readAll = RedisScript(
        """
        local all = {}
        local applications = redis.call('SMEMBERS', KEYS[1])
        table.sort(applications)
        for _, application in ipairs(applications) do
            -- One key that is no hash is no reason to keep all others' events from them.
            local fields = redis.pcall('HVALS', ARGV[1] .. application)
            table.insert(all, { application, fields.err and {} or fields })
        end
        return all
        """)

    private static let removeOne = RedisScript(
        """
        local removed = redis.call('HDEL', KEYS[1], ARGV[1])
        if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[2]) end
        return removed
        """)

    @discardableResult
    private func all(_ commands: RedisCommand...) async throws(RedisError) -> [Int] {
        var counts: [Int] = []
        for reply in try await redis.transaction(commands) { counts.append(try reply.get().int ?? 0) }
        return counts
    }
}
