import BgdemoFoundations
package import RedisClient

/// Whether the Redis user may do all that a strategy needs, for its ``Strategy/check()``. What a script lacks is found by it
/// before a job is in hand.
package struct RightsCheck: Sendable {
    private let rights: RedisRights
    private let redis: any RedisCommands
    private let prefix: String

    /// Those of which one is enough are known to be there when the check's own script runs. The others are of the connection:
    /// without them nothing is sent at all, or nothing is missed.
    private static let unchecked = ["eval", "evalsha", "script|load", "select", "role", "ping"]

    /// - Parameter prefix: What the keys begin with; default: as the rights have it.
    package init(_ rights: RedisRights, on redis: any RedisCommands, prefix: String? = nil) {
        (self.rights, self.redis, self.prefix) = (rights, redis, prefix ?? rights.keys)
    }

    /// - Throws: ``AcceptError`` where rights are missing, which it names as ACL rules have them, or Redis does not answer.
    package func check() async throws(AcceptError) {
        let missing: [String]
        do {
            let commands = rights.commands.filter { command in !Self.unchecked.contains(where: command.hasSameBytes) }
            let reply = try await redis.run(
                Self.script, keys: ["\(prefix)rights"], arguments: [rights.channels.first ?? ""] + commands)
            missing = (reply.array ?? []).compactMap(\.text)
        } catch {
            throw AcceptError(error)
        }
        guard !missing.isEmpty else { return }
        throw .unavailable(
            "the Redis user lacks rights: \(missing.joined(separator: " ")); ACL SETUSER, as docs/redis-acl.md has it",
            retryAfter: .seconds(5))
    }

    /// Asks for each command, without running it, whether the user may run it on a key; Redis 7 and later.
    ///
    ///     KEYS[1]   a key of the strategy, which is not touched
    ///     ARGV[1]   a pattern of its channels, or nothing
    ///     ARGV[2…]  commands
    ///
    /// Returns the commands that are missing, with a `+`; of an earlier Redis none.
    private static let script = RedisScript(
        """
        local missing = {}
        if not redis.acl_check_cmd then return missing end
        local key = KEYS[1]
        -- What follows the key, where a command with the key alone would be no command.
        local more = {
          set = {'x'}, mset = {'x'}, rpush = {'x'}, lpush = {'x'}, sadd = {'x'}, srem = {'x'}, sismember = {'x'},
          hget = {'x'}, hdel = {'x'}, hmget = {'x'}, hexists = {'x'}, zrem = {'x'}, zscore = {'x'}, zrank = {'x'},
          hset = {'x', '1'}, hsetnx = {'x', '1'}, hincrby = {'x', '1'}, lindex = {'1'}, expire = {'1'}, pexpire = {'1'},
          lrange = {'0', '0'}, lrem = {'0', '0'}, ltrim = {'0', '0'}, zrange = {'0', '0'}, zrangebyscore = {'0', '0'},
          zrevrangebyscore = {'0', '0'}, zcount = {'0', '0'}, zremrangebyscore = {'0', '0'}, zadd = {'0', 'x'},
          blmove = {key, 'LEFT', 'LEFT', '1'},
        }
        for place = 2, #ARGV do
          local name = ARGV[place]
          local command = {name, key}
          if name == 'time' then
            command = {name}
          elseif name == 'publish' then
            command = {name, ARGV[1], ''}
          elseif name == 'subscribe' or name == 'unsubscribe' then
            command = {name, ARGV[1]}
          else
            for _, argument in ipairs(more[name] or {}) do table.insert(command, argument) end
          end
          if not redis.acl_check_cmd(unpack(command)) then table.insert(missing, '+' .. name) end
        end
        return missing
        """)
}
