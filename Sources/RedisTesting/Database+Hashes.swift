import BgdemoFoundations
import RedisClient

extension Database {
    /// Commands about hashes. Fields are in the order of their bytes, so that a test sees the same each time.
    mutating func hashes(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        guard name.hasPrefix("H"), name != "HELLO" else { return nil }
        let key = try arguments[0]
        var hash = try hash(key)
        switch name {
        case "HGET": return .optional(hash[ByteString(try arguments[1])])
        case "HMGET": return .array(arguments.from(1).map { .optional(hash[ByteString($0)]) })
        case "HEXISTS": return .flag(hash[ByteString(try arguments[1])] != nil)
        case "HLEN": return .integer(hash.count)
        case "HKEYS": return .list(hash.keys.sorted().map(\.bytes))
        case "HVALS": return .list(hash.keys.sorted().compactMap { hash[$0] })
        case "HGETALL": return .list(hash.keys.sorted().flatMap { [$0.bytes, hash[$0] ?? []] })
        case "HSET", "HMSET":
            guard arguments.count > 2, arguments.count % 2 == 1 else {
                throw RedisReplyError("ERR wrong number of arguments for 'hset' command")
            }
            var count = 0
            for place in stride(from: 1, to: arguments.count, by: 2) {
                let field = ByteString(try arguments[place])
                if hash.updateValue(try arguments[place + 1], forKey: field) == nil { count += 1 }
            }
            self[key] = .hash(hash)
            return name == "HSET" ? .integer(count) : .ok
        case "HSETNX":
            let field = ByteString(try arguments[1])
            guard hash[field] == nil else { return .integer(0) }
            hash[field] = try arguments[2]
            self[key] = .hash(hash)
            return .integer(1)
        case "HDEL":
            let count = arguments.from(1).count { hash.removeValue(forKey: ByteString($0)) != nil }
            self[key] = .hash(hash)
            return .integer(count)
        case "HINCRBY":
            let field = ByteString(try arguments[1])
            let sum = try CommandArguments.int(hash[field] ?? Array("0".utf8))
                .addingReportingOverflow(try arguments.int(2))
            guard !sum.overflow else { throw RedisReplyError("ERR increment or decrement would overflow") }
            hash[field] = Array(String(sum.partialValue).utf8)
            self[key] = .hash(hash)
            return .integer(sum.partialValue)
        default: return nil
        }
    }

    private func hash(_ key: [UInt8]) throws(RedisReplyError) -> [ByteString: [UInt8]] {
        switch self[key] {
        case nil: [:]
        case .hash(let hash)?: hash
        default: throw .wrongType
        }
    }
}
