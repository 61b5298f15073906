import BgdemoFoundations
import RedisClient

extension Database {
    /// Commands about sets. Members are in the order of their bytes, so that a test sees the same each time.
    mutating func sets(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        switch name {
        case "SADD":
            var set = try set(arguments[0])
            let count = arguments.from(1).count { set.insert(ByteString($0)).inserted }
            self[try arguments[0]] = .set(set)
            return .integer(count)
        case "SREM":
            var set = try set(arguments[0])
            let count = arguments.from(1).count { set.remove(ByteString($0)) != nil }
            self[try arguments[0]] = .set(set)
            return .integer(count)
        case "SMEMBERS": return .list(try set(arguments[0]).sorted().map(\.bytes))
        case "SISMEMBER": return .flag(try set(arguments[0]).contains(ByteString(arguments[1])))
        case "SMISMEMBER":
            let set = try set(arguments[0])
            return .array(arguments.from(1).map { .flag(set.contains(ByteString($0))) })
        case "SCARD": return .integer(try set(arguments[0]).count)
        default: return nil
        }
    }

    private func set(_ key: [UInt8]) throws(RedisReplyError) -> Set<ByteString> {
        switch self[key] {
        case nil: []
        case .set(let set)?: set
        default: throw .wrongType
        }
    }
}
