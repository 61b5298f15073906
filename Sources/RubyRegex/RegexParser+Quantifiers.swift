/// What stands after an atom: `*`, `+`, `?`, `{n,m}`.
extension RegexParser {
    /// An atom with the quantifiers that follow it.
    mutating func quantified(_ atom: RegexProgram) throws(RubyRegexError) -> RegexProgram {
        var program = atom
        // Several of `*`, `+` and `?` in a row are one of them, so that `a***` needs no more steps than `a*`.
        var simple: (least: Int, most: Int?)?
        while let scalar = peek {
            if isExtended, skipBlank() { continue }
            let start = place
            place += 1
            let bounds: (least: Int, most: Int?)
            switch scalar {
            case "*": bounds = (0, nil)
            case "+": bounds = (1, nil)
            case "?": bounds = (0, 1)
            case "{":
                guard let interval = try interval() else {
                    place = start
                    return try repeated(program, simple)
                }
                program = try repeated(program, simple).repeated(interval.least, interval.most)
                simple = nil
                // `{n,m}?` is lazy; Ruby reads `{n}?` as "none or n".
                if scalars[start..<place].contains(",") { _ = consume("?") }
                continue
            default:
                place = start
                return try repeated(program, simple)
            }
            simple = simple.map { ($0.least * bounds.least, $0.most == nil ? nil : bounds.most) } ?? bounds
            // A lazy quantifier matches the same texts as a greedy one.
            if !consume("?"), peek == "+" { throw unsupported("\(scalar)+") }
        }
        return try repeated(program, simple)
    }

    private func repeated(
        _ program: RegexProgram, _ bounds: (least: Int, most: Int?)?
    ) throws(RubyRegexError) -> RegexProgram {
        guard let bounds else { return program }
        return try program.repeated(bounds.least, bounds.most)
    }

    /// `n}`, `n,}`, `,m}` or `n,m}`; nil if the text is none of these, and so no quantifier.
    mutating func interval() throws(RubyRegexError) -> (least: Int, most: Int?)? {
        let least = number()
        var most = least
        if consume(",") { most = number() } else if least == nil { return nil }
        guard consume("}"), least != nil || most != nil else { return nil }
        guard least ?? 0 <= most ?? .max else { throw invalid("a range from more to less") }
        guard max(least ?? 0, most ?? 0) <= RubyRegex.maxInstructions else {
            throw RubyRegexError(
                .tooLarge,
                "more than \(RubyRegex.maxInstructions) repetitions in the regular expression, at character \(place)")
        }
        return (least ?? 0, most)
    }

    /// nil without a digit. What is larger than any bound is one more than the bound.
    private mutating func number() -> Int? {
        var number: Int?
        while let scalar = peek, let digit = scalar.asciiDigit {
            number = min((number ?? 0) * 10 + digit, RubyRegex.maxInstructions + 1)
            place += 1
        }
        return number
    }
}

extension Unicode.Scalar {
    fileprivate var asciiDigit: Int? { ("0"..."9").contains(self) ? Int(value) - 0x30 : nil }
}
