import BgdemoFoundations
import BgdemoCore
import RedisClient

/// Tries commands to see whether the user of a connection may run them: each on a key of its own, which is deleted again.
struct RedisRightsProbe {
    let redis: any RedisCommands
    /// What the keys begin with: those of the strategy, since a user may have no other.
    let prefix: String

    private static let absentScript = String(repeating: "0", count: 40)

    /// - Returns: What Redis refuses to this user, as ACL rules have it: the keys, or commands.
    /// - Throws: `RedisError` where Redis does not answer.
    func missing(of commands: [String]) async throws(RedisError) -> [String] {
        let number = UInt64.random(in: .min ... .max)
        var (missing, keys): ([String], [String]) = ([], [])
        for command in commands {
            let key = "\(prefix)doctor:\(String(number, radix: 16)):\(command)"
            guard let probe = Self.probe(command, key) else { continue }
            keys.append(key)
            do {
                _ = try await redis.send(probe)
            } catch  where error.reply?.kind == .noPermission {
                let text = error.reply?.message ?? ""
                if text.containsBytes(of: " command") {
                    missing.append("+\(command)")
                } else if text.containsBytes(of: " key"), missing.first?.hasPrefix("~") != true {
                    missing.insert("~\(prefix)*", at: 0)
                }
                // Else this user may publish, but not on this channel.
            } catch  where error.reply != nil {
                // Redis has looked at the right first.
            }
        }
        for key in keys { _ = try? await redis.send("DEL", key) }
        return missing
    }

    /// The command on a key that is not there; nil where it can't be tried without a change for others.
    private static func probe(_ command: String, _ key: String) -> RedisCommand? {
        let name = command.uppercased()
        switch command {
        case "get", "del", "unlink", "incr", "llen", "type", "ttl", "pttl", "hgetall", "hlen", "hkeys", "hvals",
            "smembers",
            "lpop", "zcard", "exists", "mget", "scard":
            return [name, key]
        case "set", "mset", "rpush", "lpush", "sadd", "srem", "sismember", "hget", "hdel", "hmget", "hexists", "zrem",
            "zscore", "zrank":
            return [name, key, "x"]
        case "hset", "hsetnx", "hincrby": return [name, key, "x", 1]
        case "lindex", "expire", "pexpire": return [name, key, 1]
        case "lrange", "lrem", "ltrim", "zrange", "zrangebyscore", "zrevrangebyscore", "zcount", "zremrangebyscore":
            return [name, key, 0, 0]
        case "zadd": return [name, key, "XX", 0, "x"]
        case "blmove": return [name, key, key, "LEFT", "LEFT", "0.01"]
        case "evalsha": return [name, absentScript, 1, key]
        case "eval": return [name, "return 1", 1, key]
        case "script|load": return ["SCRIPT", "LOAD", "return 1"]
        case "time", "ping", "role": return [name]
        case "publish": return [name, key, ""]
        default: return nil
        }
    }
}
