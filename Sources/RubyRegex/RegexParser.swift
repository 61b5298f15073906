/// Takes an expression apart, by Ruby's rules.
struct RegexParser {
    private struct Flags {
        var isCaseless = false
        var isDotAll = false
        var isExtended = false
    }

    let scalars: [Unicode.Scalar]
    var place = 0
    private var flags = Flags()
    var depth = 0

    init(_ expression: String) {
        scalars = Array(expression.unicodeScalars)
    }

    mutating func parse() throws(InvalidRegex) -> RegexNode {
        let node = try choice()
        guard place == scalars.count else { throw invalid("a closing bracket without its opening one") }
        return node
    }

    private mutating func choice() throws(InvalidRegex) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw invalid("brackets nested too deeply") }
        // Flags that are set in the middle of a group hold to its end.
        let before = flags
        defer { flags = before }
        var nodes = [try sequence()]
        while consume("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(InvalidRegex) -> RegexNode {
        var nodes: [RegexNode] = []
        while let next = peek, next != "|", next != ")" {
            if flags.isExtended, skipBlank() { continue }
            guard let atom = try atom() else { continue }
            nodes.append(try quantified(atom))
        }
        return .sequence(nodes)
    }

    /// Nil for what only sets flags, or is a comment.
    private mutating func atom() throws(InvalidRegex) -> RegexNode? {
        guard let scalar = next() else { throw invalid("something") }
        switch scalar {
        case "(": return try group()
        case "[": return .set(cased(try brackets()))
        case "\\": return try escape()
        case ".": return .set(flags.isDotAll ? .everything : .line)
        case "^": return .at(.lineStart)
        case "$": return .at(.lineEnd)
        case "*", "+", "?": throw invalid("nothing to repeat")
        case "{":
            let start = place
            guard try interval() == nil else { throw invalid("nothing to repeat") }
            place = start
            return .set(.one(scalar))
        default: return .set(cased(.one(scalar)))
        }
    }

    private mutating func group() throws(InvalidRegex) -> RegexNode? {
        guard consume("?") else { return try closed(choice()) }
        guard let kind = next() else { throw invalid("an open bracket") }
        switch kind {
        case ":": return try closed(choice())
        case "=": return try closed(.look(choice(), isWanted: true))
        case "!": return try closed(.look(choice(), isWanted: false))
        case "#":
            while let scalar = next(), scalar != ")" {}
            return nil
        case "<" where peek != "=" && peek != "!", "'":
            while let scalar = next(), scalar != ">", scalar != "'" {}
            return try closed(choice())
        case "<", ">", "~", "(": throw unknown("(?\(kind)")
        default:
            place -= 1
            return try flagged()
        }
    }

    /// `imx-imx:…)` or `imx-imx)`.
    private mutating func flagged() throws(InvalidRegex) -> RegexNode? {
        let before = flags
        var isOn = true
        while let scalar = next() {
            switch scalar {
            case "-": isOn = false
            case "i": flags.isCaseless = isOn
            case "m": flags.isDotAll = isOn
            case "x": flags.isExtended = isOn
            case ":":
                let node = try closed(choice())
                flags = before
                return node
            // What follows in the group is one node, alternatives and all.
            case ")": return try choice()
            default: throw unknown("(?\(scalar)")
            }
        }
        throw invalid("an open bracket")
    }

    private mutating func closed(_ node: RegexNode) throws(InvalidRegex) -> RegexNode {
        guard consume(")") else { throw invalid("an opening bracket without its closing one") }
        return node
    }

    private mutating func quantified(_ atom: RegexNode) throws(InvalidRegex) -> RegexNode {
        var node = atom
        while let scalar = peek {
            if flags.isExtended, skipBlank() { continue }
            let start = place
            place += 1
            switch scalar {
            case "*": node = .repeated(node, least: 0, most: nil)
            case "+": node = .repeated(node, least: 1, most: nil)
            case "?": node = .repeated(node, least: 0, most: 1)
            case "{":
                guard let (least, most) = try interval() else {
                    place = start
                    return node
                }
                node = .repeated(node, least: least, most: most)
                // Lazy, but for {n}?, which is Ruby's for none or n.
                if scalars[start..<place].contains(",") { _ = consume("?") }
                continue
            default:
                place = start
                return node
            }
            // Whether it takes as much or as little as it can is all one for whether it matches.
            if !consume("?"), peek == "+" { throw unknown("\(scalar)+") }
        }
        return node
    }

    /// `n}`, `n,}`, `,m}` or `n,m}`; nil where it is a text like any other.
    private mutating func interval() throws(InvalidRegex) -> (Int, Int?)? {
        let least = number()
        var most = least
        if consume(",") { most = number() } else if least == nil { return nil }
        guard consume("}"), least != nil || most != nil else { return nil }
        guard least ?? 0 <= most ?? .max else { throw invalid("a range from more to less") }
        guard max(least ?? 0, most ?? 0) <= RubyRegex.maxInstructions else {
            throw unknown("a repetition of that size")
        }
        return (least ?? 0, most)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while let scalar = peek, ("0"..."9").contains(scalar), digits.count < 9 {
            digits.unicodeScalars.append(scalar)
            place += 1
        }
        return Int(digits)
    }

    private mutating func escape() throws(InvalidRegex) -> RegexNode {
        guard let scalar = next() else { throw invalid("a backslash at its end") }
        switch scalar {
        case "A": return .at(.start)
        case "z": return .at(.end)
        case "Z": return .at(.lastLineEnd)
        case "b": return .at(.wordBoundary)
        case "B": return .at(.notWordBoundary)
        default:
            place -= 1
            return .set(cased(try character()))
        }
    }

    func cased(_ set: RubyRegex.CharacterClass) -> RubyRegex.CharacterClass { flags.isCaseless ? .caseless(set) : set }

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

    func invalid(_ what: String) -> InvalidRegex {
        InvalidRegex(description: "\(what) in the regular expression, at character \(place)")
    }

    func unknown(_ what: String) -> InvalidRegex {
        InvalidRegex(description: "\(what) in a regular expression is Ruby's alone, at character \(place)")
    }
}
