/// What stands for one character: an escape, or what is in brackets.
extension RegexParser {
    /// What a backslash and the next mean, in brackets or not.
    mutating func character() throws(InvalidRegex) -> RubyRegex.CharacterClass {
        guard let scalar = next() else { throw invalid("a backslash at its end") }
        switch scalar {
        case "d": return .asciiDigit
        case "D": return .not(.asciiDigit)
        case "s": return .asciiSpace
        case "S": return .not(.asciiSpace)
        case "w": return .asciiWord
        case "W": return .not(.asciiWord)
        case "h": return .hex
        case "H": return .not(.hex)
        case "t": return .one("\t")
        case "n": return .one("\n")
        case "r": return .one("\r")
        case "v": return .one("\u{b}")
        case "f": return .one("\u{c}")
        case "a": return .one("\u{7}")
        case "e": return .one("\u{1b}")
        case "x": return try code(1...2, below: 0x80)
        case "u":
            guard consume("{") else { return try code(4...4, below: 0x110000) }
            let set = try code(1...6, below: 0x110000)
            guard consume("}") else { throw unknown("\\u{…}") }
            return set
        case "0"..."9", "a"..."z", "A"..."Z": throw unknown("\\\(scalar)")
        default: return .one(scalar)
        }
    }

    private mutating func code(_ digits: ClosedRange<Int>, below limit: UInt32) throws(InvalidRegex)
        -> RubyRegex.CharacterClass
    {
        var text = ""
        while let scalar = peek, scalar.properties.isASCIIHexDigit, text.count < digits.upperBound {
            text.unicodeScalars.append(scalar)
            place += 1
        }
        guard text.count >= digits.lowerBound, let value = UInt32(text, radix: 16), value < limit,
            let scalar = Unicode.Scalar(value)
        else { throw invalid("a character's number") }
        return .one(scalar)
    }

    /// What stands behind a `[`, and the `]`.
    mutating func brackets() throws(InvalidRegex) -> RubyRegex.CharacterClass {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw invalid("brackets nested too deeply") }
        let isNegative = consume("^")
        var sets: [RubyRegex.CharacterClass] = []
        // One at the beginning is a character, if another closes.
        if peek == "]", scalars[(place + 1)...].contains("]") {
            place += 1
            sets.append(.one("]"))
        }
        while let scalar = next() {
            switch scalar {
            case "]":
                guard !sets.isEmpty else { throw invalid("empty brackets") }
                return isNegative ? .not(cased(.any(sets))) : .any(sets)
            case "[":
                sets.append(try consume(":") ? named() : brackets())
            case "&" where peek == "&": throw unknown("&& in brackets")
            default:
                place -= 1
                sets.append(try range())
            }
        }
        throw invalid("an opening [ without its ]")
    }

    private mutating func named() throws(InvalidRegex) -> RubyRegex.CharacterClass {
        let isNegative = consume("^")
        var name = ""
        while let scalar = next(), scalar != ":" { name.unicodeScalars.append(scalar) }
        guard consume("]"), let set = RubyRegex.CharacterClass.named(name) else { throw unknown("[:\(name):]") }
        return isNegative ? .not(set) : set
    }

    private mutating func range() throws(InvalidRegex) -> RubyRegex.CharacterClass {
        let low = try bracketed()
        guard case .range(let low) = low, low.count == 1, peek == "-", place + 1 < scalars.count,
            scalars[place + 1] != "]"
        else {
            return low
        }
        place += 1
        guard scalars[place] != "[", case .range(let high) = try bracketed() else { throw unknown("such a range") }
        guard low.lowerBound <= high.upperBound else { throw invalid("a range from more to less") }
        return .range(low.lowerBound...high.upperBound)
    }

    private mutating func bracketed() throws(InvalidRegex) -> RubyRegex.CharacterClass {
        guard consume("\\") else { return next().map { .one($0) } ?? .any([]) }
        return consume("b") ? .one("\u{8}") : try character()
    }
}
