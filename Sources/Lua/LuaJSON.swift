import BgdemoFoundations
import Foundation

/// The functions of `cjson`, as Redis has them.
enum LuaJSON {
    /// cjson's own limit.
    private static let depthLimit = 1000

    static var functions: [String: LuaValue] {
        [
            "null": .null,
            "encode": LuaLibrary.function { values in
                var json: [UInt8] = []
                try encode(values.first ?? .none, into: &json, depth: 0)
                return [.string(ByteString(json))]
            },
            "decode": LuaLibrary.function { values in
                do throws(JSONError) {
                    return [value(of: try JSONValue(values.first?.bytes ?? []))]
                } catch {
                    throw LuaError("cannot decode JSON: \(error)")
                }
            },
        ]
    }

    private static func value(of json: JSONValue) -> LuaValue {
        switch json.kind {
        case .null: return .null
        case .bool: return .boolean(json.raw.first == UInt8(ascii: "t"))
        case .number: return .number(LuaNumber.parse(Array(json.raw)) ?? 0)
        case .string: return .string(ByteString(json.characters ?? Array(json.raw.dropFirst().dropLast())))
        case .array:
            return .table(LuaTable(json.elements.map(value)))
        case .object:
            let table = LuaTable()
            for (name, member) in json.members {
                table[.string(ByteString(name.characters ?? []))] = value(of: member)
            }
            return .table(table)
        }
    }

    private static func encode(_ value: LuaValue, into json: inout [UInt8], depth: Int) throws {
        guard depth <= depthLimit else { throw LuaError("Cannot serialise, excessive depth") }
        switch value {
        case .none, .null: json += "null".utf8
        case .boolean(let value): json += (value ? "true" : "false").utf8
        case .number(let number): json += LuaNumber.text(number).utf8
        case .string(let string): quote(string.bytes, into: &json)
        case .function: throw LuaError("Cannot serialise function: type not supported")
        case .table(let table):
            let isArray = table.others.isEmpty && !table.array.isEmpty
            json.append(UInt8(ascii: isArray ? "[" : "{"))
            for (place, key) in table.keys.enumerated() {
                if place > 0 { json.append(UInt8(ascii: ",")) }
                if !isArray {
                    quote(key.bytes ?? [], into: &json)
                    json.append(UInt8(ascii: ":"))
                }
                try encode(table[key], into: &json, depth: depth + 1)
            }
            json.append(UInt8(ascii: isArray ? "]" : "}"))
        }
    }

    /// Bytes beyond ASCII stay as they are.
    private static func quote(_ bytes: [UInt8], into json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): json += [UInt8(ascii: "\\"), byte]
            case 0x08: json += #"\b"#.utf8
            case 0x09: json += #"\t"#.utf8
            case 0x0a: json += #"\n"#.utf8
            case 0x0c: json += #"\f"#.utf8
            case 0x0d: json += #"\r"#.utf8
            case 0..<0x20, 0x7f: json += String(format: #"\u%04x"#, Int(byte)).utf8
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
