import BgdemoFoundations
public import RedisClient

/// The subscriptions of all applications, in Redis.
public struct Subscriptions: Sendable {
    private let redis: any RedisCommands
    private let namespace: String

    /// - Parameter namespace: Resque's namespace, the same for all programs on the bus. Default: `resque`.
    public init(redis: any RedisCommands, namespace: String = "resque") {
        (self.redis, self.namespace) = (redis, namespace)
    }

    private var applications: String { "\(namespace):bus_apps" }
    private func key(_ application: String) -> String { "\(namespace):bus_app:\(application)" }

    /// Replaces all subscriptions of an application; an empty list removes the application.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func subscribe(_ application: Application, to subscriptions: [Subscription]) async throws(RedisError) {
        guard !subscriptions.isEmpty else {
            try await unsubscribe(application)
            return
        }
        try await write(subscriptions, to: application, replacing: true)
    }

    /// Adds one subscription, or replaces the one with its key.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func add(_ subscription: Subscription, to application: Application) async throws(RedisError) {
        try await write([subscription], to: application, replacing: false)
    }

    /// Removes an application. Events in its queues stay there.
    ///
    /// - Returns: Whether it had subscriptions.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func unsubscribe(_ application: Application) async throws(RedisError) -> Bool {
        try await redis.run(
            Self.removeAll, keys: [key(application.key), applications], arguments: [application.key]
        ).int ?? 0 > 0
    }

    /// Removes one subscription, and with the last one the application.
    ///
    /// - Returns: Whether it was there.
    /// - Throws: `RedisError` if Redis is away or refuses.
    @discardableResult
    public func remove(_ subscription: String, from application: Application) async throws(RedisError) -> Bool {
        try await redis.run(
            Self.removeOne, keys: [key(application.key), applications], arguments: [subscription, application.key]
        ).int == 1
    }

    /// The subscriptions of each application, by its key. Unreadable ones are ignored, as in Ruby.
    ///
    /// - Throws: `RedisError` if Redis is away or refuses.
    public func list() async throws(RedisError) -> [(application: String, subscriptions: [Subscription])] {
        try await raw().map { ($0.application.text, $0.fields.compactMap(Subscription.init(json:))) }
    }

    /// The same as JSON, read in one step and in a fixed order.
    func raw() async throws(RedisError) -> [(application: ByteString, fields: [[UInt8]])] {
        let reply = try await redis.run(
            Self.readAll, keys: [applications], arguments: ["\(namespace):bus_app:"])
        return (reply.array ?? []).compactMap { entry in
            guard let parts = entry.array, parts.count == 2, let application = parts[0].bytes else { return nil }
            return (ByteString(application), (parts[1].array ?? []).compactMap(\.bytes))
        }
    }

    /// Reads the subscriptions of all applications.
    ///
    /// KEYS[1] -> the set of applications
    /// ARGV[1] -> the text before an application in the key of its hash
    ///
    /// Returns {{application, {subscription as JSON, ...}}, ...}, sorted by application.
    private static let readAll = RedisScript(
        """
        local all = {}
        local applications = redis.call('SMEMBERS', KEYS[1])
        table.sort(applications)
        for _, application in ipairs(applications) do
            -- A key that is not a hash must not stop the delivery to other applications.
            local fields = redis.pcall('HVALS', ARGV[1] .. application)
            table.insert(all, { application, fields.err and {} or fields })
        end
        return all
        """)

    /// Writes subscriptions of an application.
    ///
    /// KEYS[1] -> the hash of the application's subscriptions
    /// KEYS[2] -> the set of applications
    /// ARGV[1] -> the application
    /// ARGV[2] -> 1 to remove its other subscriptions, else 0
    /// ARGV[3...] -> key and JSON of each subscription
    ///
    /// Returns the number of new subscriptions.
    private static let add = RedisScript(
        """
        if ARGV[2] == '1' then redis.call('DEL', KEYS[1]) end
        local added = 0
        for i = 3, #ARGV, 2 do added = added + redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        redis.call('SADD', KEYS[2], ARGV[1])
        return added
        """)

    /// Removes an application and its subscriptions.
    ///
    /// KEYS[1] -> the hash of the application's subscriptions
    /// KEYS[2] -> the set of applications
    /// ARGV[1] -> the application
    ///
    /// Returns the number of keys and members that were removed; 0 if there was no such application.
    private static let removeAll = RedisScript(
        """
        return redis.call('SREM', KEYS[2], ARGV[1]) + redis.call('DEL', KEYS[1])
        """)

    /// Removes a subscription, and with the last one the application.
    ///
    /// KEYS[1] -> the hash of the application's subscriptions
    /// KEYS[2] -> the set of applications
    /// ARGV[1] -> the key of the subscription
    /// ARGV[2] -> the application
    ///
    /// Returns 1, or 0 if there was no such subscription.
    private static let removeOne = RedisScript(
        """
        local removed = redis.call('HDEL', KEYS[1], ARGV[1])
        if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[2]) end
        return removed
        """)

    private func write(
        _ subscriptions: [Subscription], to application: Application, replacing: Bool
    ) async throws(RedisError) {
        var arguments: [any RedisArgument] = [application.key, replacing ? 1 : 0]
        for subscription in subscriptions { arguments += [subscription.key, subscription.json] as [any RedisArgument] }
        _ = try await redis.run(Self.add, keys: [key(application.key), applications], arguments: arguments)
    }
}
