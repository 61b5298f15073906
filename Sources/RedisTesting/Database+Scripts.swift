import BgdemoFoundations
import BgdemoLua
import RedisClient

/// Scripts that were loaded, by the digest of their text.
struct ScriptCache {
    private var scripts: [String: LuaScript] = [:]

    subscript(digest: String) -> LuaScript? { scripts[digest.lowercased()] }

    /// - Returns: The digest.
    mutating func load(_ text: [UInt8]) throws(RedisReplyError) -> String {
        let digest = SHA1.hex(of: text)
        guard scripts[digest] == nil else { return digest }
        do {
            scripts[digest] = try LuaScript(String(decoding: text, as: UTF8.self))
        } catch {
            throw RedisReplyError("ERR Error compiling script: \(error)")
        }
        return digest
    }
}

extension Database {
    /// Commands whose reply is a status, which Lua sees as a table.
    private static let statusCommands: Set<String> = [
        "FLUSHALL", "FLUSHDB", "HMSET", "LSET", "LTRIM", "MSET", "PING", "RENAME", "SET", "TYPE",
    ]

    /// `SCRIPT LOAD`, `EVAL` and `EVALSHA`.
    mutating func scripts(_ name: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue? {
        switch name {
        case "SCRIPT": return .text(try scripts.load(arguments[1]))
        case "EVAL": return try run(scripts.load(arguments[0]), arguments)
        case "EVALSHA": return try run(arguments.text(0), arguments)
        default: return nil
        }
    }

    private mutating func run(_ digest: String, _ arguments: CommandArguments) throws(RedisReplyError) -> RedisValue {
        guard let script = scripts[digest] else { throw RedisReplyError("NOSCRIPT No matching script.") }
        let count = try arguments.int(1)
        guard (0...arguments.count - 2).contains(count) else { throw RedisReplyError("ERR invalid number of keys") }
        func table(_ words: ArraySlice<[UInt8]>) -> LuaValue { .table(LuaTable(words.map { .string(ByteString($0)) })) }
        // The script's calls change these keys.
        let box = DatabaseBox(self)
        defer { self = box.database }
        do {
            let result = try script.run([
                "KEYS": table(arguments.from(2).prefix(count)), "ARGV": table(arguments.from(2 + count)),
                "redis": .table(Self.functions(on: box)),
            ])
            return Self.reply(of: result)
        } catch let error as LuaError {
            throw RedisReplyError("\(error)")
        } catch {
            throw RedisReplyError("ERR \(error)")
        }
    }

    /// The functions of `redis`.
    private static func functions(on box: DatabaseBox) -> LuaTable {
        func call(_ values: [LuaValue]) -> RedisValue {
            box.database.reply(to: values.map { $0.bytes ?? [] })
        }
        let error: ([LuaValue]) -> [LuaValue] = { [.table(LuaTable(["err": $0.first ?? .none]))] }
        return LuaTable([
            "call": .function(
                LuaFunction { values in
                    let reply = call(values)
                    guard case .error(let error) = reply else { return [value(of: reply, to: values)] }
                    throw LuaError(.table(LuaTable(["err": line(of: error)])))
                }),
            "pcall": .function(LuaFunction { values in [value(of: call(values), to: values)] }),
            "sha1hex": .function(LuaFunction { [.text(SHA1.hex(of: $0.first?.bytes ?? []))] }),
            "error_reply": .function(LuaFunction(error)),
            "status_reply": .function(LuaFunction { [.table(LuaTable(["ok": $0.first ?? .none]))] }),
            "log": .function(LuaFunction { _ in [] }),
            "replicate_commands": .function(LuaFunction { _ in [.boolean(true)] }),
            "setresp": .function(LuaFunction { _ in [] }),
            "LOG_WARNING": .number(3), "LOG_NOTICE": .number(2),
        ])
    }

    /// A reply as Lua sees it.
    private static func value(of reply: RedisValue, to command: [LuaValue]) -> LuaValue {
        switch reply {
        case .null: return .boolean(false)
        case .integer(let number): return .number(Double(number))
        case .string(let bytes):
            let name = String(decoding: command.first?.bytes ?? [], as: UTF8.self).uppercased()
            guard statusCommands.contains(name) else { return .string(ByteString(bytes)) }
            return .table(LuaTable(["ok": .string(ByteString(bytes))]))
        case .array(let values): return .table(LuaTable(values.map { value(of: $0, to: []) }))
        case .error(let error): return .table(LuaTable(["err": line(of: error)]))
        }
    }

    private static func line(of error: RedisReplyError) -> LuaValue { .text("\(error.code) \(error.message)") }

    /// What a script returns, as a reply: an array ends at its first nil, and a number loses its fraction.
    private static func reply(of value: LuaValue) -> RedisValue {
        switch value {
        case .none, .boolean(false), .function, .null: return .null
        case .boolean(true): return .integer(1)
        case .number(let number): return .integer(Int(max(-9e18, min(number, 9e18))))
        case .string(let string): return .string(string.bytes)
        case .table(let table):
            if let text = table["err"].bytes { return .error(RedisReplyError(String(decoding: text, as: UTF8.self))) }
            if let text = table["ok"].bytes { return .string(text) }
            return .array(table.array.prefix { $0 != .none }.map(reply))
        }
    }
}

/// The keys, while a script runs.
private final class DatabaseBox {
    var database: Database

    init(_ database: Database) { self.database = database }
}
