import BgdemoFoundations
import RedisClient

extension Database {
    private typealias Member = (member: ByteString, score: Double)

    /// Commands about sorted sets.
    mutating func sortedSets(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        guard name.hasPrefix("Z") else { return nil }
        let key = try arguments[0]
        var scores = try scores(key)
        switch name {
        case "ZADD": return try add(arguments, to: key, &scores)
        case "ZREM":
            let count = arguments.from(1).count { scores.removeValue(forKey: ByteString($0)) != nil }
            self[key] = .sorted(scores)
            return .integer(count)
        case "ZCARD": return .integer(scores.count)
        case "ZSCORE": return .optional(scores[ByteString(try arguments[1])].map(Self.spelled))
        case "ZRANK":
            let member = ByteString(try arguments[1])
            return Self.ordered(scores).firstIndex { $0.member == member }.map { .integer($0) } ?? .null
        case "ZINCRBY":
            let member = ByteString(try arguments[2])
            let score = (scores[member] ?? 0) + (try CommandArguments.score(arguments[1]).value)
            scores[member] = score
            self[key] = .sorted(scores)
            return .string(Self.spelled(score))
        case "ZCOUNT": return .integer(Self.ordered(scores).filter(try bounds(arguments, 1, 2)).count)
        case "ZRANGE", "ZREVRANGE":
            guard !arguments.has("BYSCORE", from: 3), !arguments.has("BYLEX", from: 3) else { throw .syntax }
            let isReversed = name == "ZREVRANGE" || arguments.has("REV", from: 3)
            let all = isReversed ? Self.ordered(scores).reversed() : Self.ordered(scores)
            let range = CommandArguments.range(try arguments.int(1), try arguments.int(2), count: all.count)
            return Self.listed(all[range], arguments)
        case "ZRANGEBYSCORE":
            return try limited(Self.ordered(scores).filter(try bounds(arguments, 1, 2)), arguments)
        case "ZREVRANGEBYSCORE":
            return try limited(Self.ordered(scores).filter(try bounds(arguments, 2, 1)).reversed(), arguments)
        case "ZREMRANGEBYSCORE":
            let removed = Self.ordered(scores).filter(try bounds(arguments, 1, 2))
            for one in removed { scores[one.member] = nil }
            self[key] = .sorted(scores)
            return .integer(removed.count)
        case "ZREMRANGEBYRANK":
            let all = Self.ordered(scores)
            let range = CommandArguments.range(try arguments.int(1), try arguments.int(2), count: all.count)
            for one in all[range] { scores[one.member] = nil }
            self[key] = .sorted(scores)
            return .integer(range.count)
        case "ZPOPMIN":
            guard let first = Self.ordered(scores).first else { return .array([]) }
            scores[first.member] = nil
            self[key] = .sorted(scores)
            return .list([first.member.bytes, Self.spelled(first.score)])
        default: return nil
        }
    }

    private func scores(_ key: [UInt8]) throws(RedisReplyError) -> [ByteString: Double] {
        switch self[key] {
        case nil: [:]
        case .sorted(let scores)?: scores
        default: throw .wrongType
        }
    }

    private mutating func add(
        _ arguments: CommandArguments, to key: [UInt8], _ scores: inout [ByteString: Double]
    ) throws(RedisReplyError) -> RedisValue {
        let flags = ["NX", "XX", "GT", "LT", "CH"]
        var (start, given): (Int, Set<String>) = (1, [])
        while start < arguments.count, case let flag = try arguments.text(start).uppercased(), flags.contains(flag) {
            given.insert(flag)
            start += 1
        }
        var (added, changed) = (0, 0)
        for place in stride(from: start, to: arguments.count - 1, by: 2) {
            let score = try CommandArguments.score(arguments[place]).value
            let member = ByteString(try arguments[place + 1])
            let old = scores[member]
            if given.contains("NX"), old != nil { continue }
            if given.contains("XX"), old == nil { continue }
            if let old, given.contains("GT"), score <= old { continue }
            if let old, given.contains("LT"), score >= old { continue }
            scores[member] = score
            if old == nil { added += 1 }
            if old != score { changed += 1 }
        }
        self[key] = .sorted(scores)
        return .integer(given.contains("CH") ? changed : added)
    }

    private func bounds(
        _ arguments: CommandArguments, _ low: Int, _ high: Int
    ) throws(RedisReplyError) -> (Member) -> Bool {
        let (low, high) = (try CommandArguments.score(arguments[low]), try CommandArguments.score(arguments[high]))
        return { member in
            (low.isExclusive ? member.score > low.value : member.score >= low.value)
                && (high.isExclusive ? member.score < high.value : member.score <= high.value)
        }
    }

    private func limited(_ members: [Member], _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        guard let place = arguments.place(of: "LIMIT", from: 3) else { return Self.listed(members[...], arguments) }
        let (skipped, count) = (max(0, try arguments.int(place + 1)), try arguments.int(place + 2))
        let rest = members.dropFirst(skipped)
        return Self.listed(count < 0 ? rest : rest.prefix(count), arguments)
    }

    private static func listed(_ members: ArraySlice<Member>, _ arguments: CommandArguments) -> RedisValue {
        guard arguments.has("WITHSCORES", from: 3) else { return .list(members.map(\.member.bytes)) }
        return .list(members.flatMap { [$0.member.bytes, spelled($0.score)] })
    }

    private static func ordered(_ scores: [ByteString: Double]) -> [Member] {
        scores.map { ($0.key, $0.value) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    }

    private static func spelled(_ score: Double) -> [UInt8] {
        if score.isInfinite { return Array((score < 0 ? "-inf" : "inf").utf8) }
        return Array((Int(exactly: score).map { String($0) } ?? "\(score)").utf8)
    }
}
