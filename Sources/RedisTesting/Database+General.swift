import BgdemoFoundations
import RedisClient

extension Database {
    /// Commands about keys of any type, and about the server.
    mutating func general(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        switch name {
        case "PING": return .text("PONG")
        case "TIME":
            let now = microseconds
            return .array([.text("\(now / 1_000_000)"), .text("\(now % 1_000_000)")])
        case "INFO": return .text("redis_version:7.0.0\r\n")
        case "PUBLISH": return .integer(0)
        case "FLUSHALL", "FLUSHDB":
            removeAll()
            return .ok
        case "DEL", "UNLINK":
            var count = 0
            for key in arguments.words where self[key] != nil {
                self[key] = nil
                count += 1
            }
            return .integer(count)
        case "EXISTS": return .integer(arguments.words.count { self[$0] != nil })
        case "TYPE": return .text(self[try arguments[0]]?.typeName ?? "none")
        case "KEYS":
            let pattern = try arguments[0]
            return .list(keys.map(\.bytes).filter { Self.matches($0[...], pattern[...]) })
        case "DBSIZE": return .integer(keys.count)
        case "EXPIRE": return try expire(arguments, unit: 1000)
        case "PEXPIRE": return try expire(arguments, unit: 1)
        case "TTL", "PTTL":
            let key = try arguments[0]
            guard self[key] != nil else { return .integer(-2) }
            guard let expiry = expiry(of: key) else { return .integer(-1) }
            return .integer(name == "TTL" ? (expiry - milliseconds + 500) / 1000 : expiry - milliseconds)
        case "PERSIST":
            let key = try arguments[0]
            let had = expiry(of: key) != nil
            expire(key, at: nil)
            return .flag(had)
        case "RENAME":
            let (from, to) = (try arguments[0], try arguments[1])
            guard let content = self[from] else { throw RedisReplyError("ERR no such key") }
            let time = expiry(of: from)
            self[from] = nil
            self[to] = content
            expire(to, at: time)
            return .ok
        default: return nil
        }
    }

    private mutating func expire(_ arguments: CommandArguments, unit: Int) throws(RedisReplyError) -> RedisValue {
        let (key, time) = (try arguments[0], try arguments.int(1) * unit)
        guard self[key] != nil else { return .integer(0) }
        if time <= 0 { self[key] = nil } else { expire(key, at: milliseconds + time) }
        return .integer(1)
    }

    /// Whether a key fits a pattern with `*` and `?`.
    private static func matches(_ key: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (key, pattern) = (key, pattern)
        while let first = pattern.popFirst() {
            switch first {
            case UInt8(ascii: "*"):
                while true {
                    if matches(key, pattern) { return true }
                    guard key.popFirst() != nil else { return false }
                }
            case UInt8(ascii: "?"): guard key.popFirst() != nil else { return false }
            default: guard key.popFirst() == first else { return false }
            }
        }
        return key.isEmpty
    }
}
