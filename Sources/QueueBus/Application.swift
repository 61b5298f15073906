public import Redis

/// A program that subscribes to events. Its subscriptions stand in Redis, where every driver finds them, those of Ruby
/// too: its key in the set `bus_apps`, each subscription in the hash `bus_app:<key>`.
public struct Application: Sendable, Hashable {
    public let key: String

    /// - Throws: ``InvalidApplication`` where nothing of the name is a letter or a digit.
    public init(_ name: String) throws(InvalidApplication) {
        key = Self.normalized(name)
        guard key.contains(where: { $0 != "_" }) else { throw InvalidApplication(name: name) }
    }

    /// The whole name of one of its queues: `<key>_default`, or `<key>_<name>`.
    public func queue(_ name: String = "default") -> String { "\(key)_\(Self.normalized(name))" }

    /// Ruby's `gsub(/\W/, '_').downcase`.
    static func normalized(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "0"..."9", "_": scalar
                    case "A"..."Z": Unicode.Scalar(UInt8(ascii: scalar) | 0x20)
                    default: "_"
                    }
                }))
    }
}

/// There is no application by such a name.
public struct InvalidApplication: Error, Sendable, CustomStringConvertible {
    public let name: String

    public var description: String { "\"\(name)\" has no letter or digit to name an application by" }
}

/// Everybody's subscriptions, in Redis.
public struct Subscriptions: Sendable {
    private let redis: any RedisCommands
    private let namespace: String

    public init(redis: any RedisCommands, namespace: String = "resque") {
        (self.redis, self.namespace) = (redis, namespace)
    }

    private var applications: String { "\(namespace):bus_apps" }
    private func key(_ application: String) -> String { "\(namespace):bus_app:\(application)" }

    /// Has an application subscribe to these and nothing else; to none of them is to leave the bus.
    public func subscribe(_ application: Application, to subscriptions: [Subscription]) async throws(RedisError) {
        guard !subscriptions.isEmpty else { return try await unsubscribe(application) }
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
    public func unsubscribe(_ application: Application) async throws(RedisError) {
        try await all(["SREM", applications, application.key], ["DEL", key(application.key)])
    }

    /// Takes one subscription away.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    public func remove(_ subscription: String, from application: Application) async throws(RedisError) -> Bool {
        try await redis.send("HDEL", key(application.key), subscription).int == 1
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
            table.insert(all, { application, redis.call('HVALS', ARGV[1] .. application) })
        end
        return all
        """)

    private func all(_ commands: RedisCommand...) async throws(RedisError) {
        for reply in try await redis.transaction(commands) { _ = try reply.get() }
    }
}
