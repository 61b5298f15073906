/// The properties behind `[[:alpha:]]` and the like.
enum UnicodeProperty: Sendable {
    case alpha, digit, word, upper, lower, space, punctuation

    func contains(_ value: UInt32) -> Bool {
        guard let properties = Unicode.Scalar(value)?.properties else { return false }
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
        case .punctuation: return category.isPunctuation
        }
    }
}

extension CharacterSet {
    /// `[:name:]`; nil if there is no such name.
    static func named(_ name: String) -> CharacterSet? {
        switch name {
        case "alpha": property(.alpha)
        case "digit": property(.digit)
        case "alnum": any([property(.alpha), property(.digit)])
        case "upper": property(.upper)
        case "lower": property(.lower)
        case "space": property(.space)
        case "punct": any([property(.punctuation)] + "$+<=>^`|~".unicodeScalars.map(one))
        case "word": property(.word)
        case "xdigit": hex
        case "blank": any([one(" "), one("\t")])
        case "cntrl": ranges([0...0x1f, 0x7f...0x9f])
        case "ascii": ranges([0...0x7f])
        default: nil
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
