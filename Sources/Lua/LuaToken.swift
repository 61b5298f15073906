import BgdemoFoundations

/// A word of a script.
enum LuaToken: Equatable {
    case name(String)
    case keyword(String)
    case symbol(String)
    case string(ByteString)
    case number(Double)
    case end
}

/// Splits a script into its words.
struct LuaLexer {
    private static let keywords: Set<String> = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not",
        "or",
        "repeat", "return", "then", "true", "until", "while",
    ]
    /// Longer ones first.
    private static let symbols = [
        "...", "..", "==", "~=", "<=", ">=", "+", "-", "*", "/", "%", "^", "#", "<", ">", "=", "(", ")", "{", "}", "[",
        "]",
        ";", ":", ",", ".",
    ].map { Array($0.utf8) }

    private let bytes: [UInt8]
    private var place = 0

    /// - Throws: ``LuaError`` for what is no word of Lua.
    static func tokens(of script: String) throws -> [LuaToken] {
        var lexer = LuaLexer(bytes: Array(script.utf8))
        var tokens: [LuaToken] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last != .end
        return tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func next() throws -> LuaToken {
        skipBlanks()
        guard let byte = current else { return .end }
        if byte.isNameStart { return word() }
        if byte.isDigit || byte == UInt8(ascii: "."), bytes[safe: place + 1]?.isDigit ?? false || byte.isDigit {
            return try number()
        }
        if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { return .string(ByteString(try quoted(by: byte))) }
        for symbol in Self.symbols where bytes[place...].starts(with: symbol) {
            place += symbol.count
            return .symbol(String(decoding: symbol, as: UTF8.self))
        }
        throw LuaError("unexpected symbol near '\(String(decoding: [byte], as: UTF8.self))'")
    }

    private mutating func skipBlanks() {
        while let byte = current {
            if byte == UInt8(ascii: "-"), bytes[safe: place + 1] == UInt8(ascii: "-") {
                while let byte = current, byte != UInt8(ascii: "\n") { place += 1 }
            } else if byte == 0x20 || (0x09...0x0d).contains(byte) {
                place += 1
            } else {
                return
            }
        }
    }

    private mutating func word() -> LuaToken {
        let start = place
        while let byte = current, byte.isNameStart || byte.isDigit { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        return Self.keywords.contains(word) ? .keyword(word) : .name(word)
    }

    private mutating func number() throws -> LuaToken {
        let start = place
        while let byte = current, byte.isDigit || byte.isNameStart || byte == UInt8(ascii: ".") { place += 1 }
        guard let number = LuaNumber.parse(Array(bytes[start..<place])) else { throw LuaError("malformed number") }
        return .number(number)
    }

    private mutating func quoted(by quote: UInt8) throws -> [UInt8] {
        var content: [UInt8] = []
        place += 1
        while let byte = current, byte != quote {
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                content.append(byte)
                continue
            }
            guard let escaped = current else { break }
            place += 1
            switch escaped {
            case UInt8(ascii: "n"): content.append(0x0a)
            case UInt8(ascii: "r"): content.append(0x0d)
            case UInt8(ascii: "t"): content.append(0x09)
            case let digit where digit.isDigit:
                var value = Int(digit - UInt8(ascii: "0"))
                for _ in 0..<2 where current?.isDigit ?? false {
                    value = value * 10 + Int(bytes[place] - UInt8(ascii: "0"))
                    place += 1
                }
                content.append(UInt8(truncatingIfNeeded: value))
            default: content.append(escaped)
            }
        }
        guard current != nil else { throw LuaError("unfinished string") }
        place += 1
        return content
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    fileprivate var isNameStart: Bool {
        self == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension Array {
    /// nil beyond the end.
    subscript(safe place: Int) -> Element? { indices.contains(place) ? self[place] : nil }
}
