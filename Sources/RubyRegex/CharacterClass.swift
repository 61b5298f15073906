extension RubyRegex {
    /// Characters that match at one place.
    indirect enum CharacterClass: Sendable {
        case range(ClosedRange<UInt32>)
        case any([RubyRegex.CharacterClass])
        case not(RubyRegex.CharacterClass)
        /// Whatever differs from these in nothing but its case.
        case caseless(RubyRegex.CharacterClass)
        case alpha, digit, word, upper, lower, space, punctuation

        static let everything = range(0...0x10ffff)
        static let line = not(range(0x0a...0x0a))
        // Of \d, \s, \w and \h Ruby takes ASCII alone; what is in [[:…:]] is all of Unicode.
        static let asciiDigit = range(0x30...0x39)
        static let asciiSpace = any([range(0x09...0x0d), range(0x20...0x20)])
        static let asciiWord = any([asciiDigit, range(0x41...0x5a), range(0x61...0x7a), range(0x5f...0x5f)])
        static let hex = any([asciiDigit, range(0x41...0x46), range(0x61...0x66)])

        static func one(_ scalar: Unicode.Scalar) -> RubyRegex.CharacterClass { range(scalar.value...scalar.value) }

        /// `[:name:]`
        static func named(_ name: String) -> RubyRegex.CharacterClass? {
            switch name {
            case "alpha": alpha
            case "digit": digit
            case "alnum": any([alpha, digit])
            case "upper": upper
            case "lower": lower
            case "space": space
            case "punct": any([punctuation] + "$+<=>^`|~".unicodeScalars.map(one))
            case "word": word
            case "xdigit": hex
            case "blank": any([one(" "), one("\t")])
            case "cntrl": any([range(0...0x1f), range(0x7f...0x9f)])
            case "ascii": range(0...0x7f)
            default: nil
            }
        }

        func contains(_ value: UInt32) -> Bool {
            switch self {
            case .range(let range): return range.contains(value)
            case .any(let sets): return sets.contains { $0.contains(value) }
            case .not(let set): return !set.contains(value)
            case .caseless(let set):
                return set.contains(value) || Self.cases(of: value).contains { set.contains($0) }
            case .alpha, .digit, .word, .upper, .lower, .space, .punctuation:
                return Unicode.Scalar(value).map { hasProperty($0.properties) } ?? false
            }
        }

        private func hasProperty(_ properties: Unicode.Scalar.Properties) -> Bool {
            let category = properties.generalCategory
            switch self {
            case .alpha: return properties.isAlphabetic
            case .digit: return category == .decimalNumber
            case .word:
                return properties.isAlphabetic || category == .decimalNumber || category == .connectorPunctuation
                    || category.isMark
            case .upper: return properties.isUppercase
            case .lower: return properties.isLowercase
            case .space: return properties.isWhitespace
            default: return category.isPunctuation
            }
        }

        private static func cases(of value: UInt32) -> [UInt32] {
            guard let properties = Unicode.Scalar(value)?.properties else { return [] }
            let texts = [properties.lowercaseMapping, properties.uppercaseMapping]
            return texts.filter { $0.unicodeScalars.count == 1 }.flatMap { $0.unicodeScalars.map(\.value) }
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isMark: Bool { self == .nonspacingMark || self == .spacingMark || self == .enclosingMark }

    fileprivate var isPunctuation: Bool {
        switch self {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }
}
