import BgdemoFoundations
import Foundation

/// Lua's own functions.
enum LuaLibrary {
    typealias Body = ([LuaValue]) throws -> [LuaValue]

    static var globals: [String: LuaValue] {
        var globals: [String: LuaValue] = [
            "ipairs": function(ipairs), "pairs": function(pairs), "pcall": function(pcall), "select": function(select),
            "next": function { [$0.first?.table?.keys.first ?? .none] },
            "error": function { throw LuaError($0.first ?? .none) },
            "assert": function { values in
                if values.first?.isTrue ?? false { return values }
                throw LuaError(values[safe: 1] ?? .text("assertion failed!"))
            },
            "type": function { [.text(($0.first ?? .none).typeName)] },
            "tostring": function { [tostring($0.first ?? .none)] },
            "tonumber": function(tonumber),
            "unpack": function { values in
                let array = try table(values, 0).array
                let first = Int(values[safe: 1]?.number ?? 1)
                let last = Int(values[safe: 2]?.number ?? Double(array.count))
                return first <= last ? (first...last).map { array[safe: $0 - 1] ?? .none } : []
            },
        ]
        for (name, functions) in [
            "math": math, "table": tables, "string": LuaStrings.functions, "cjson": LuaJSON.functions,
        ] {
            globals[name] = .table(LuaTable(functions))
        }
        return globals
    }

    static func function(_ body: @escaping Body) -> LuaValue { .function(LuaFunction(body)) }

    // MARK: Arguments

    static func table(_ values: [LuaValue], _ place: Int) throws -> LuaTable {
        guard let table = values[safe: place]?.table else { throw LuaError("argument \(place + 1) is no table") }
        return table
    }

    static func number(_ values: [LuaValue], _ place: Int) throws -> Double {
        guard let number = values[safe: place]?.number else { throw LuaError("argument \(place + 1) is no number") }
        return number
    }

    static func bytes(_ values: [LuaValue], _ place: Int) throws -> [UInt8] {
        guard let bytes = values[safe: place]?.bytes else { throw LuaError("argument \(place + 1) is no string") }
        return bytes
    }

    // MARK: Basic functions

    private static func ipairs(_ values: [LuaValue]) throws -> [LuaValue] {
        let table = try table(values, 0)
        let next = function { arguments in
            let place = Int(arguments[safe: 1]?.number ?? 0) + 1
            let value = table[.number(Double(place))]
            return value == .none ? [.none] : [.number(Double(place)), value]
        }
        return [next, .table(table), .number(0)]
    }

    private static func pairs(_ values: [LuaValue]) throws -> [LuaValue] {
        let table = try table(values, 0)
        var keys = table.keys[...]
        let next = function { _ in
            while let key = keys.popFirst() {
                let value = table[key]
                if value != .none { return [key, value] }
            }
            return [.none]
        }
        return [next, .table(table), .none]
    }

    private static func pcall(_ values: [LuaValue]) throws -> [LuaValue] {
        guard case .function(let function)? = values.first else { return [.boolean(false), .text("no function")] }
        do {
            return [.boolean(true)] + (try function.body(Array(values.dropFirst())))
        } catch let error as LuaError {
            return [.boolean(false), error.value]
        }
    }

    private static func select(_ values: [LuaValue]) throws -> [LuaValue] {
        if values.first?.bytes == Array("#".utf8) { return [.number(Double(values.count - 1))] }
        return Array(values.dropFirst(max(1, Int(try number(values, 0)))))
    }

    private static func tostring(_ value: LuaValue) -> LuaValue {
        switch value {
        case .string: value
        case .number(let number): .text(LuaNumber.text(number))
        case .boolean(let value): .text(value ? "true" : "false")
        default: .text(value.typeName)
        }
    }

    private static func tonumber(_ values: [LuaValue]) throws -> [LuaValue] {
        guard let base = values[safe: 1]?.number, base != 10 else {
            guard !values.isEmpty else { throw LuaError("argument 1 is missing") }
            return [values[0].number.map { .number($0) } ?? .none]
        }
        let text = String(decoding: try bytes(values, 0), as: UTF8.self)
        guard (2...36).contains(base), let number = Int(text, radix: Int(base)) else { return [.none] }
        return [.number(Double(number))]
    }

    // MARK: math, table

    private static var math: [String: LuaValue] {
        [
            "floor": function { [.number(try number($0, 0).rounded(.down))] },
            "ceil": function { [.number(try number($0, 0).rounded(.up))] },
            "abs": function { [.number(abs(try number($0, 0)))] },
            "huge": .number(.infinity),
            "min": function { values in [.number(try values.indices.map { try number(values, $0) }.min() ?? .nan)] },
            "max": function { values in [.number(try values.indices.map { try number(values, $0) }.max() ?? .nan)] },
            "fmod": function { [.number(fmod(try number($0, 0), try number($0, 1)))] },
            "pow": function { [.number(pow(try number($0, 0), try number($0, 1)))] },
            "sqrt": function { [.number(try number($0, 0).squareRoot())] },
            // Redis seeds it alike for each script.
            "random": function { values in
                guard !values.isEmpty else { return [.number(0.5)] }
                return [.number(try number(values, values.count - 1))]
            },
        ]
    }

    private static var tables: [String: LuaValue] {
        [
            "insert": function { values in
                let table = try table(values, 0)
                if values.count > 2 {
                    let place = Int(try number(values, 1))
                    guard (1...table.array.count + 1).contains(place) else { throw LuaError("position out of bounds") }
                    table.insert(values[2], at: place - 1)
                } else {
                    table[.number(Double(table.array.count + 1))] = values[safe: 1] ?? .none
                }
                return []
            },
            "remove": function { values in
                let table = try table(values, 0)
                let place = Int(values[safe: 1]?.number ?? Double(table.array.count))
                guard table.array.indices.contains(place - 1) else { return [.none] }
                return [table.remove(at: place - 1)]
            },
            "concat": function { values in
                let separator = values[safe: 1]?.bytes ?? []
                let parts = try table(values, 0).array.map { value in
                    guard let bytes = value.bytes else { throw LuaError("invalid value in table for 'concat'") }
                    return bytes
                }
                return [.string(ByteString(Array(parts.joined(separator: separator))))]
            },
            "sort": function { values in
                guard case .function(let precedes)? = values[safe: 1] else {
                    try table(values, 0).sort(by: LuaOperator.precedes)
                    return []
                }
                try table(values, 0).sort { try precedes.body([$0, $1]).first?.isTrue ?? false }
                return []
            },
            "getn": function { [.number(Double(try table($0, 0).array.count))] },
        ]
    }
}
