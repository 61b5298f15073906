/// Takes an expression apart, by Ruby's rules.
struct PatternParser {
    private struct Flags {
        var isCaseless = false
        var isDotAll = false
        var isExtended = false
    }

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var flags = Flags()
    private var depth = 0

    init(_ expression: String) {
        scalars = Array(expression.unicodeScalars)
    }

    mutating func parse() throws(InvalidPattern) -> PatternNode {
        let node = try choice()
        guard place == scalars.count else { throw invalid("a closing bracket without its opening one") }
        return node
    }

    private mutating func choice() throws(InvalidPattern) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw invalid("brackets nested too deeply") }
        // Flags that are set in the middle of a group hold to its end.
        let before = flags
        defer { flags = before }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .choice(nodes)
    }

    private mutating func sequence() throws(InvalidPattern) -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek, next != "|", next != ")" {
            if flags.isExtended, skipBlank() { continue }
            guard let atom = try atom() else { continue }
            nodes.append(try quantified(atom))
        }
        return .sequence(nodes)
    }

    /// Nil for what only sets flags, or is a comment.
    private mutating func atom() throws(InvalidPattern) -> PatternNode? {
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

    private mutating func group() throws(InvalidPattern) -> PatternNode? {
        guard take("?") else { return try closed(choice()) }
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
    private mutating func flagged() throws(InvalidPattern) -> PatternNode? {
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

    private mutating func closed(_ node: PatternNode) throws(InvalidPattern) -> PatternNode {
        guard take(")") else { throw invalid("an opening bracket without its closing one") }
        return node
    }

    private mutating func quantified(_ atom: PatternNode) throws(InvalidPattern) -> PatternNode {
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
                if scalars[start..<place].contains(",") { _ = take("?") }
                continue
            default:
                place = start
                return node
            }
            // Whether it takes as much or as little as it can is all one for whether it matches.
            if !take("?"), peek == "+" { throw unknown("\(scalar)+") }
        }
        return node
    }

    /// `n}`, `n,}`, `,m}` or `n,m}`; nil where it is a text like any other.
    private mutating func interval() throws(InvalidPattern) -> (Int, Int?)? {
        let least = number()
        var most = least
        if take(",") { most = number() } else if least == nil { return nil }
        guard take("}"), least != nil || most != nil else { return nil }
        guard least ?? 0 <= most ?? .max else { throw invalid("a range from more to less") }
        guard max(least ?? 0, most ?? 0) <= Pattern.longest else { throw unknown("a repetition of that size") }
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

    private mutating func escape() throws(InvalidPattern) -> PatternNode {
        guard let scalar = next() else { throw invalid("a backslash at its end") }
        switch scalar {
        case "A": return .at(.start)
        case "z": return .at(.end)
        case "Z": return .at(.lastLineEnd)
        case "b": return .at(.border)
        case "B": return .at(.noBorder)
        default:
            place -= 1
            return .set(cased(try character()))
        }
    }

    /// What a backslash and the next mean, in brackets or not.
    private mutating func character() throws(InvalidPattern) -> Pattern.Set {
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
            guard take("{") else { return try code(4...4, below: 0x110000) }
            let set = try code(1...6, below: 0x110000)
            guard take("}") else { throw unknown("\\u{…}") }
            return set
        case "0"..."9", "a"..."z", "A"..."Z": throw unknown("\\\(scalar)")
        default: return .one(scalar)
        }
    }

    private mutating func code(_ digits: ClosedRange<Int>, below limit: UInt32) throws(InvalidPattern) -> Pattern.Set {
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
    private mutating func brackets() throws(InvalidPattern) -> Pattern.Set {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw invalid("brackets nested too deeply") }
        let isNegative = take("^")
        var sets: [Pattern.Set] = []
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
                sets.append(try take(":") ? named() : brackets())
            case "&" where peek == "&": throw unknown("&& in brackets")
            default:
                place -= 1
                sets.append(try range())
            }
        }
        throw invalid("an opening [ without its ]")
    }

    private mutating func named() throws(InvalidPattern) -> Pattern.Set {
        let isNegative = take("^")
        var name = ""
        while let scalar = next(), scalar != ":" { name.unicodeScalars.append(scalar) }
        guard take("]"), let set = Pattern.Set.named(name) else { throw unknown("[:\(name):]") }
        return isNegative ? .not(set) : set
    }

    private mutating func range() throws(InvalidPattern) -> Pattern.Set {
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

    private mutating func bracketed() throws(InvalidPattern) -> Pattern.Set {
        guard take("\\") else { return next().map { .one($0) } ?? .any([]) }
        return take("b") ? .one("\u{8}") : try character()
    }

    private func cased(_ set: Pattern.Set) -> Pattern.Set { flags.isCaseless ? .caseless(set) : set }

    private mutating func skipBlank() -> Bool {
        guard let scalar = peek else { return false }
        if scalar == "#" {
            while let next = next(), next != "\n" {}
            return true
        }
        guard scalar.properties.isWhitespace, scalar.isASCII else { return false }
        place += 1
        return true
    }

    private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private mutating func next() -> Unicode.Scalar? {
        guard place < scalars.count else { return nil }
        place += 1
        return scalars[place - 1]
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        place += 1
        return true
    }

    private func invalid(_ what: String) -> InvalidPattern {
        InvalidPattern(description: "\(what) in the regular expression, at character \(place)")
    }

    private func unknown(_ what: String) -> InvalidPattern {
        InvalidPattern(description: "\(what) in a regular expression is Ruby's alone, at character \(place)")
    }
}
