/// What stands for one character: an escape, or a class in brackets.
extension RegexParser {
    /// The characters after a backslash, in brackets or not.
    mutating func escapedCharacter() throws(RubyRegexError) -> CharacterSet {
        guard let scalar = next() else { throw invalid("a backslash at the end") }
        switch scalar {
        case "d": return .asciiDigit
        case "D": return .asciiDigit.inverted
        case "s": return .asciiSpace
        case "S": return .asciiSpace.inverted
        case "w": return .asciiWord
        case "W": return .asciiWord.inverted
        case "h": return .hex
        case "H": return .hex.inverted
        case "t": return .one("\t")
        case "n": return .one("\n")
        case "r": return .one("\r")
        case "v": return .one("\u{b}")
        case "f": return .one("\u{c}")
        case "a": return .one("\u{7}")
        case "e": return .one("\u{1b}")
        case "x": return try code(1...2, below: CharacterClass.asciiEnd)
        case "u":
            guard consume("{") else { return try code(4...4, below: CharacterSet.last + 1) }
            let set = try code(1...6, below: CharacterSet.last + 1)
            guard consume("}") else { throw unsupported("\\u{…}") }
            return set
        case "0"..."9", "a"..."z", "A"..."Z": throw unsupported("\\\(scalar)")
        default: return .one(scalar)
        }
    }

    private mutating func code(_ digits: ClosedRange<Int>, below limit: UInt32) throws(RubyRegexError) -> CharacterSet {
        var text = ""
        while let scalar = peek, scalar.properties.isASCIIHexDigit, text.utf8.count < digits.upperBound {
            text.unicodeScalars.append(scalar)
            place += 1
        }
        guard text.utf8.count >= digits.lowerBound, let value = UInt32(text, radix: 16), value < limit,
            let scalar = Unicode.Scalar(value)
        else { throw invalid("an invalid character code") }
        return .one(scalar)
    }

    /// What stands after a `[`, up to its `]`.
    mutating func brackets() throws(RubyRegexError) -> CharacterSet {
        try enter()
        defer { leave() }
        let isNegative = consume("^")
        var own: [CharacterSet] = []
        var nested: [CharacterSet] = []
        // A `]` at the beginning is a character, if another one closes the brackets.
        if peek == "]", place < lastClosingBracket {
            place += 1
            own.append(.one("]"))
        }
        while let scalar = next() {
            switch scalar {
            case "]":
                guard !own.isEmpty || !nested.isEmpty else { throw invalid("empty brackets") }
                // Nested brackets have regarded case already; twice would square the time of a lookup.
                let all = CharacterSet.any((own.isEmpty ? [] : [cased(.any(own))]) + nested)
                return isNegative ? all.inverted : all
            case "[":
                if consume(":") { own.append(try named()) } else { nested.append(try brackets()) }
            case "&" where peek == "&": throw unsupported("&& in brackets")
            default:
                place -= 1
                own.append(try range())
            }
        }
        throw invalid("an opening [ without its ]")
    }

    private mutating func named() throws(RubyRegexError) -> CharacterSet {
        let isNegative = consume("^")
        var name = ""
        while let scalar = next(), scalar != ":", scalar.isASCII { name.unicodeScalars.append(scalar) }
        guard consume("]"), let set = CharacterSet.named(name) else { throw unsupported("this [:…:]") }
        return isNegative ? set.inverted : set
    }

    private mutating func range() throws(RubyRegexError) -> CharacterSet {
        let low = try bracketed()
        guard case .ranges(let low) = low, low.count == 1, low[0].count == 1, peek == "-", place + 1 < scalars.count,
            scalars[place + 1] != "]"
        else {
            return low
        }
        place += 1
        guard scalars[place] != "[", case .ranges(let high) = try bracketed(), high.count == 1 else {
            throw unsupported("such a range")
        }
        guard low[0].lowerBound <= high[0].upperBound else { throw invalid("a range from more to less") }
        return .ranges([low[0].lowerBound...high[0].upperBound])
    }

    private mutating func bracketed() throws(RubyRegexError) -> CharacterSet {
        guard consume("\\") else { return next().map { .one($0) } ?? .any([]) }
        return consume("b") ? .one("\u{8}") : try escapedCharacter()
    }
}
