import DequeModule
import RedisClient

extension Database {
    /// Commands about lists. One that waits for an element replies at once.
    mutating func lists(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        switch name {
        case "LPUSH", "RPUSH", "LPUSHX", "RPUSHX":
            var list = try list(arguments[0])
            if name.hasSuffix("X"), list.isEmpty { return .integer(0) }
            for element in arguments.from(1) {
                if name.hasPrefix("L") { list.prepend(element) } else { list.append(element) }
            }
            self[try arguments[0]] = .list(list)
            return .integer(list.count)
        case "LPOP", "RPOP": return try pop(name == "LPOP", arguments)
        case "LLEN": return .integer(try list(arguments[0]).count)
        case "LINDEX":
            let list = try list(arguments[0])
            let place = try arguments.int(1)
            return .optional(CommandArguments.range(place, place, count: list.count).first.map { list[$0] })
        case "LRANGE":
            let list = try list(arguments[0])
            return .list(list[CommandArguments.range(try arguments.int(1), try arguments.int(2), count: list.count)])
        case "LTRIM":
            let list = try list(arguments[0])
            let range = CommandArguments.range(try arguments.int(1), try arguments.int(2), count: list.count)
            self[try arguments[0]] = .list(Deque(list[range]))
            return .ok
        case "LSET":
            var list = try list(arguments[0])
            let place = try arguments.int(1)
            guard let place = CommandArguments.range(place, place, count: list.count).first else {
                throw RedisReplyError("ERR index out of range")
            }
            list[place] = try arguments[2]
            self[try arguments[0]] = .list(list)
            return .ok
        case "LREM": return try remove(arguments)
        case "LPOS": return try list(arguments[0]).firstIndex(of: arguments[1]).map { .integer($0) } ?? .null
        case "LMOVE", "BLMOVE":
            return try move(
                arguments[0], arguments[1], fromLeft: arguments.text(2).uppercased() == "LEFT",
                toLeft: arguments.text(3).uppercased() == "LEFT")
        case "RPOPLPUSH": return try move(arguments[0], arguments[1], fromLeft: false, toLeft: true)
        default: return nil
        }
    }

    private func list(_ key: [UInt8]) throws(RedisReplyError) -> Deque<[UInt8]> {
        switch self[key] {
        case nil: []
        case .list(let list)?: list
        default: throw .wrongType
        }
    }

    private mutating func pop(_ isLeft: Bool, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        let key = try arguments[0]
        var list = try list(key)
        guard arguments.count > 1 else {
            let element = isLeft ? list.popFirst() : list.popLast()
            self[key] = .list(list)
            return .optional(element)
        }
        guard !list.isEmpty else { return .null }
        var elements: [[UInt8]] = []
        for _ in 0..<max(0, try arguments.int(1)) {
            guard let element = isLeft ? list.popFirst() : list.popLast() else { break }
            elements.append(element)
        }
        self[key] = .list(list)
        return .list(elements)
    }

    private mutating func remove(_ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        let (key, count, element) = (try arguments[0], try arguments.int(1), try arguments[2])
        let list = try list(key)
        var places = list.indices.filter { list[$0] == element }
        if count != 0 { places = count > 0 ? Array(places.prefix(count)) : Array(places.suffix(-count)) }
        let removed = Set(places)
        if !removed.isEmpty { self[key] = .list(Deque(list.indices.filter { !removed.contains($0) }.map { list[$0] })) }
        return .integer(places.count)
    }

    private mutating func move(
        _ source: [UInt8], _ destination: [UInt8], fromLeft: Bool, toLeft: Bool
    ) throws(RedisReplyError) -> RedisValue {
        var from = try list(source)
        _ = try list(destination)
        guard let element = fromLeft ? from.popFirst() : from.popLast() else { return .null }
        self[source] = .list(from)
        var to = try list(destination)
        if toLeft { to.prepend(element) } else { to.append(element) }
        self[destination] = .list(to)
        return .string(element)
    }
}
