/// What the Redis user of a strategy has to be allowed to do. `docs/redis-acl.md` lists it.
public struct RedisRights: Sendable {
    /// Commands that scripts run are among them. In lower case, a subcommand as ACL rules have it: `script|load`.
    public let commands: [String]
    /// What the keys begin with.
    public let keys: String
    /// Patterns of channels. Default: none.
    public let channels: [String]

    /// - Parameter commands: With a blank between two.
    public init(commands: String, keys: String, channels: [String] = []) {
        self.commands = commands.utf8.split(separator: UInt8(ascii: " ")).map { String(Substring($0)) }
        (self.keys, self.channels) = (keys, channels)
    }

    /// As `ACL SETUSER` takes it, after the user's name and password.
    public var rule: String {
        (["~\(keys)*"] + channels.map { "&\($0)" } + ["-@all"] + commands.map { "+\($0)" }).joined(separator: " ")
    }
}
