import BgdemoFoundations
import Foundation

/// The operators between two values.
enum LuaOperator {
    static func apply(_ symbol: String, _ left: LuaValue, _ right: LuaValue) throws -> LuaValue {
        switch symbol {
        case "==": return .boolean(left == right)
        case "~=": return .boolean(left != right)
        case "<": return .boolean(try precedes(left, right))
        case ">": return .boolean(try precedes(right, left))
        case "<=": return .boolean(!(try precedes(right, left)))
        case ">=": return .boolean(!(try precedes(left, right)))
        case "..":
            guard let one = left.bytes, let other = right.bytes else {
                throw LuaError("attempt to concatenate a \(left.bytes == nil ? left.typeName : right.typeName) value")
            }
            return .string(ByteString(one + other))
        default:
            guard let one = left.number, let other = right.number else {
                throw LuaError(
                    "attempt to perform arithmetic on a \(left.number == nil ? left.typeName : right.typeName) value")
            }
            return .number(try calculate(symbol, one, other))
        }
    }

    /// Numbers by value, strings by bytes.
    static func precedes(_ left: LuaValue, _ right: LuaValue) throws -> Bool {
        switch (left, right) {
        case (.number(let one), .number(let other)): one < other
        case (.string(let one), .string(let other)): one < other
        default: throw LuaError("attempt to compare \(left.typeName) with \(right.typeName)")
        }
    }

    private static func calculate(_ symbol: String, _ one: Double, _ other: Double) throws -> Double {
        switch symbol {
        case "+": one + other
        case "-": one - other
        case "*": one * other
        case "/": one / other
        case "%": one - (one / other).rounded(.down) * other
        case "^": pow(one, other)
        default: throw LuaError("unknown operator \(symbol)")
        }
    }
}
