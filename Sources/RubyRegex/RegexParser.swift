/// Reads an expression by Ruby's rules and builds its program.
///
/// It calls itself once per level of nesting, of which there are at most ``RubyRegex/maxDepth``.
struct RegexParser {
    private struct Flags {
        var isCaseless = false
        var isDotAll = false
        var isExtended = false
    }

    let scalars: [Unicode.Scalar]
    /// The last `]`, or -1.
    let lastClosingBracket: Int
    var place = 0
    private var flags = Flags()
    private var depth = 0

    init(_ expression: String) {
        scalars = Array(expression.unicodeScalars)
        lastClosingBracket = scalars.lastIndex(of: "]") ?? -1
    }

    mutating func parse() throws(RubyRegexError) -> RegexProgram {
        let program = try alternatives()
        guard place == scalars.count else { throw invalid("a closing bracket without its opening one") }
        return program
    }

    private mutating func alternatives() throws(RubyRegexError) -> RegexProgram {
        try enter()
        defer { leave() }
        // Flags that are set within a group apply up to its end.
        let before = flags
        defer { flags = before }
        var parts = [try sequence()]
        while consume("|") { parts.append(try sequence()) }
        return try .alternatives(parts)
    }

    private mutating func sequence() throws(RubyRegexError) -> RegexProgram {
        var program = RegexProgram()
        while let next = peek, next != "|", next != ")" {
            if flags.isExtended, skipBlank() { continue }
            guard let atom = try atom() else { continue }
            try program.append(quantified(atom))
        }
        return program
    }

    /// nil for a comment, or for flags alone.
    private mutating func atom() throws(RubyRegexError) -> RegexProgram? {
        guard let scalar = next() else { throw invalid("an end where an expression should be") }
        switch scalar {
        case "(": return try group()
        case "[": return character(try brackets())
        case "\\": return try escape()
        case ".": return character(flags.isDotAll ? .everything : .line)
        case "^": return RegexProgram(.assert(.lineStart))
        case "$": return RegexProgram(.assert(.lineEnd))
        case "*", "+", "?": throw invalid("nothing to repeat")
        case "{":
            let start = place
            guard try interval() == nil else { throw invalid("nothing to repeat") }
            place = start
            return character(.one(scalar))
        default: return character(cased(.one(scalar)))
        }
    }

    private mutating func group() throws(RubyRegexError) -> RegexProgram? {
        guard consume("?") else { return try closed(alternatives()) }
        guard let kind = next() else { throw invalid("an open group") }
        switch kind {
        case ":": return try closed(alternatives())
        case "=": return try closed(alternatives()).lookahead(isWanted: true)
        case "!": return try closed(alternatives()).lookahead(isWanted: false)
        case "#":
            while let scalar = next(), scalar != ")" {}
            return nil
        case "<" where peek != "=" && peek != "!", "'":
            while let scalar = next(), scalar != ">", scalar != "'" {}
            return try closed(alternatives())
        case "<", ">", "~", "(": throw unsupported("(?\(kind)")
        default:
            place -= 1
            return try flagged()
        }
    }

    /// `imx-imx:…)` or `imx-imx)`.
    private mutating func flagged() throws(RubyRegexError) -> RegexProgram? {
        let before = flags
        var isOn = true
        while let scalar = next() {
            switch scalar {
            case "-": isOn = false
            case "i": flags.isCaseless = isOn
            case "m": flags.isDotAll = isOn
            case "x": flags.isExtended = isOn
            case ":":
                let program = try closed(alternatives())
                flags = before
                return program
            // What follows in the group is one part of it, alternatives included.
            case ")": return try alternatives()
            default: throw unsupported("(?\(scalar)")
            }
        }
        throw invalid("an open group")
    }

    private mutating func closed(_ program: RegexProgram) throws(RubyRegexError) -> RegexProgram {
        guard consume(")") else { throw invalid("an opening bracket without its closing one") }
        return program
    }

    private mutating func escape() throws(RubyRegexError) -> RegexProgram {
        guard let scalar = next() else { throw invalid("a backslash at the end") }
        switch scalar {
        case "A": return RegexProgram(.assert(.start))
        case "z": return RegexProgram(.assert(.end))
        case "Z": return RegexProgram(.assert(.lastLineEnd))
        case "b": return RegexProgram(.assert(.wordBoundary))
        case "B": return RegexProgram(.assert(.notWordBoundary))
        default:
            place -= 1
            return character(cased(try escapedCharacter()))
        }
    }

    private func character(_ set: CharacterSet) -> RegexProgram { RegexProgram(.character(CharacterClass(set))) }

    func cased(_ set: CharacterSet) -> CharacterSet { flags.isCaseless ? .caseless(set) : set }

    var isExtended: Bool { flags.isExtended }

    // MARK: The text

    mutating func skipBlank() -> Bool {
        guard let scalar = peek else { return false }
        if scalar == "#" {
            while let next = next(), next != "\n" {}
            return true
        }
        guard scalar.properties.isWhitespace, scalar.isASCII else { return false }
        place += 1
        return true
    }

    var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    mutating func next() -> Unicode.Scalar? {
        guard place < scalars.count else { return nil }
        place += 1
        return scalars[place - 1]
    }

    mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        place += 1
        return true
    }

    mutating func enter() throws(RubyRegexError) {
        depth += 1
        guard depth < RubyRegex.maxDepth else {
            throw RubyRegexError(
                .tooDeep, "brackets nested too deeply in the regular expression, at character \(place)")
        }
    }

    mutating func leave() { depth -= 1 }

    func invalid(_ what: String) -> RubyRegexError {
        RubyRegexError(.syntax, "\(what) in the regular expression, at character \(place)")
    }

    func unsupported(_ what: String) -> RubyRegexError {
        RubyRegexError(.unsupported, "\(what) is not supported in a regular expression, at character \(place)")
    }
}
