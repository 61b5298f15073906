import RedisClient

extension Database {
    /// Commands about strings.
    mutating func strings(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        switch name {
        case "GET": return .optional(try string(arguments[0]))
        case "MGET":
            return .array(
                arguments.words.map { key in
                    if case .string(let bytes)? = self[key] { .string(bytes) } else { .null }
                })
        case "SET": return try set(arguments)
        case "SETNX":
            guard self[try arguments[0]] == nil else { return .integer(0) }
            self[try arguments[0]] = .string(try arguments[1])
            return .integer(1)
        case "MSET":
            for place in stride(from: 0, to: arguments.count - 1, by: 2) {
                let key = try arguments[place]
                self[key] = .string(try arguments[place + 1])
                expire(key, at: nil)
            }
            return .ok
        case "GETDEL":
            let key = try arguments[0]
            let value = try string(key)
            self[key] = nil
            return .optional(value)
        case "APPEND":
            let value = (try string(arguments[0]) ?? []) + (try arguments[1])
            self[try arguments[0]] = .string(value)
            return .integer(value.count)
        case "STRLEN": return .integer(try string(arguments[0])?.count ?? 0)
        case "INCR": return try add(1, to: arguments[0])
        case "DECR": return try add(-1, to: arguments[0])
        case "INCRBY": return try add(arguments.int(1), to: arguments[0])
        case "DECRBY": return try add(-arguments.int(1), to: arguments[0])
        default: return nil
        }
    }

    private func string(_ key: [UInt8]) throws(RedisReplyError) -> [UInt8]? {
        switch self[key] {
        case nil: nil
        case .string(let bytes)?: bytes
        default: throw .wrongType
        }
    }

    private mutating func add(_ number: Int, to key: [UInt8]) throws(RedisReplyError) -> RedisValue {
        let sum = try CommandArguments.int(string(key) ?? Array("0".utf8)).addingReportingOverflow(number)
        guard !sum.overflow else { throw RedisReplyError("ERR increment or decrement would overflow") }
        self[key] = .string(Array(String(sum.partialValue).utf8))
        return .integer(sum.partialValue)
    }

    private mutating func set(_ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        let (key, value) = (try arguments[0], try arguments[1])
        let before = self[key]
        var old: RedisValue = .ok
        if arguments.has("GET", from: 2) { old = .optional(try string(key)) }
        if arguments.has("NX", from: 2), before != nil { return arguments.has("GET", from: 2) ? old : .null }
        if arguments.has("XX", from: 2), before == nil { return .null }
        var time = arguments.has("KEEPTTL", from: 2) ? expiry(of: key) : nil
        if let place = arguments.place(of: "EX", from: 2) {
            time = milliseconds + (try arguments.int(place + 1)) * 1000
        } else if let place = arguments.place(of: "PX", from: 2) {
            time = milliseconds + (try arguments.int(place + 1))
        }
        self[key] = .string(value)
        expire(key, at: time)
        return old
    }
}
