import BgdemoFoundations
import Foundation

/// The functions of `string`.
enum LuaStrings {
    static var functions: [String: LuaValue] {
        let functions: [String: LuaLibrary.Body] = [
            "len": { [.number(Double(try LuaLibrary.bytes($0, 0).count))] },
            "lower": { [string(try LuaLibrary.bytes($0, 0).map(\.asciiLowercased))] },
            "upper": { values in
                [string(try LuaLibrary.bytes(values, 0).map { (0x61...0x7a).contains($0) ? $0 - 0x20 : $0 })]
            },
            "rep": { values in
                let (bytes, count) = (try LuaLibrary.bytes(values, 0), Int(try LuaLibrary.number(values, 1)))
                guard count <= 0 || bytes.count * count <= 1 << 26 else { throw LuaError("resulting string too large") }
                return [string(Array(repeatElement(bytes, count: max(0, count)).joined()))]
            },
            "reverse": { [string(try LuaLibrary.bytes($0, 0).reversed())] },
            "byte": { values in
                let bytes = try LuaLibrary.bytes(values, 0)
                let range = range(
                    of: bytes, values[safe: 1] ?? .number(1), values[safe: 2] ?? values[safe: 1] ?? .number(1))
                return bytes[range].map { .number(Double($0)) }
            },
            "char": { values in
                [string(try values.indices.map { UInt8(truncatingIfNeeded: Int(try LuaLibrary.number(values, $0))) })]
            },
            "sub": { values in
                let bytes = try LuaLibrary.bytes(values, 0)
                return [
                    string(
                        Array(bytes[range(of: bytes, values[safe: 1] ?? .number(1), values[safe: 2] ?? .number(-1))]))
                ]
            },
            "format": { [string(try format($0))] },
            "find": { try find($0, captures: false) },
            "match": { try find($0, captures: true) },
            "gmatch": gmatch, "gsub": gsub,
        ]
        return functions.mapValues(LuaLibrary.function)
    }

    private static func string(_ bytes: [UInt8]) -> LuaValue { .string(ByteString(bytes)) }

    /// The bytes from one place to another; negative places count from the end.
    private static func range(of bytes: [UInt8], _ from: LuaValue, _ to: LuaValue) -> Range<Int> {
        func place(_ value: LuaValue) -> Int {
            let number = Int(max(-1e9, min(value.number ?? 1, 1e9)))
            return number < 0 ? bytes.count + number + 1 : number
        }
        let (first, last) = (max(place(from), 1), min(place(to), bytes.count))
        return first <= last ? first - 1..<last : 0..<0
    }

    private static func find(_ values: [LuaValue], captures: Bool) throws -> [LuaValue] {
        let (bytes, pattern) = (try LuaLibrary.bytes(values, 0), try LuaLibrary.bytes(values, 1))
        let start = range(of: bytes, values[safe: 2] ?? .number(1), .number(-1)).lowerBound
        if !captures, values[safe: 3]?.isTrue ?? false {
            guard let found = ByteString(bytes[start...]).firstRange(of: ByteString(pattern)) else { return [.none] }
            return [.number(Double(start + found.lowerBound + 1)), .number(Double(start + found.upperBound))]
        }
        guard let match = try LuaPattern(pattern).firstMatch(in: bytes, from: start) else { return [.none] }
        let place: [LuaValue] = [.number(Double(match.range.lowerBound + 1)), .number(Double(match.range.upperBound))]
        return captures ? match.values(in: bytes, whole: true) : place + match.values(in: bytes, whole: false)
    }

    private static func gmatch(_ values: [LuaValue]) throws -> [LuaValue] {
        let (bytes, pattern) = (try LuaLibrary.bytes(values, 0), LuaPattern(try LuaLibrary.bytes(values, 1)))
        var start = 0
        let next = LuaLibrary.function { _ in
            guard start <= bytes.count, let match = try pattern.firstMatch(in: bytes, from: start) else {
                return [.none]
            }
            start = max(match.range.upperBound, match.range.lowerBound + 1)
            return match.values(in: bytes, whole: true)
        }
        return [next]
    }

    private static func gsub(_ values: [LuaValue]) throws -> [LuaValue] {
        let (bytes, pattern) = (try LuaLibrary.bytes(values, 0), LuaPattern(try LuaLibrary.bytes(values, 1)))
        let limit = Int(values[safe: 3]?.number ?? 1e9)
        var (result, start, count): ([UInt8], Int, Int) = ([], 0, 0)
        while count < limit, start <= bytes.count, let match = try pattern.firstMatch(in: bytes, from: start) {
            count += 1
            result += bytes[start..<match.range.lowerBound]
            let whole = string(Array(bytes[match.range]))
            let first = match.values(in: bytes, whole: true).first ?? whole
            let new: LuaValue =
                switch values[safe: 2] ?? .none {
                case .function(let function): try function.body(match.values(in: bytes, whole: true)).first ?? .none
                case .table(let table): table[first]
                case let text: text
                }
            result += new.isTrue ? new.bytes ?? [] : Array(bytes[match.range])
            start = match.range.upperBound
            guard match.range.isEmpty else { continue }
            if start < bytes.count { result.append(bytes[start]) }
            start += 1
        }
        if start < bytes.count { result += bytes[start...] }
        return [string(result), .number(Double(count))]
    }

    /// `%d`, `%s`, `%g`, `%f`, `%x`, `%c`, with flags and width.
    private static func format(_ values: [LuaValue]) throws -> [UInt8] {
        let text = try LuaLibrary.bytes(values, 0)
        var (result, place, next): ([UInt8], Int, Int) = ([], 0, 1)
        while place < text.count {
            guard text[place] == UInt8(ascii: "%") else {
                result.append(text[place])
                place += 1
                continue
            }
            let end = text[(place + 1)...].firstIndex { !"0123456789.+- #".utf8.contains($0) } ?? text.count
            guard end < text.count else { throw LuaError("invalid format") }
            let flags = String(decoding: text[(place + 1)..<end], as: UTF8.self)
            place = end + 1
            if text[end] == UInt8(ascii: "%") {
                result.append(text[end])
                continue
            }
            switch text[end] {
            case UInt8(ascii: "d"), UInt8(ascii: "i"):
                let number = try LuaLibrary.number(values, next)
                result += String(format: "%\(flags)ld", Int(max(-9e18, min(number, 9e18)))).utf8
            case UInt8(ascii: "x"), UInt8(ascii: "X"):
                let number = Int(max(-9e18, min(try LuaLibrary.number(values, next), 9e18)))
                result += String(format: "%\(flags)l\(Character(Unicode.Scalar(text[end])))", number).utf8
            case UInt8(ascii: "f"), UInt8(ascii: "g"), UInt8(ascii: "e"):
                let kind = Character(Unicode.Scalar(text[end]))
                result += String(format: "%\(flags)\(kind)", try LuaLibrary.number(values, next)).utf8
            case UInt8(ascii: "c"): result.append(UInt8(truncatingIfNeeded: Int(try LuaLibrary.number(values, next))))
            case UInt8(ascii: "s"): result += try LuaLibrary.bytes(values, next)
            default: throw LuaError("invalid format")
            }
            next += 1
        }
        return result
    }
}
