import BgdemoRubyRegex

/// A filter whose text is not a usable regular expression.
public struct InvalidFilter: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is.
    public enum Code: Sendable, Hashable {
        /// The text is not a regular expression; Ruby would refuse it too.
        case syntax
        /// Ruby supports the expression, this library does not.
        case unsupported
        /// The expression is too long, nested too deeply, or repeats too much; or there are too many filters.
        case tooLarge
    }

    /// The attribute that the filter is for.
    public let name: String
    /// What kind of problem it is.
    public let code: Code
    /// What is wrong, as a sentence.
    public let description: String

    static func tooMany(_ limit: Int) -> InvalidFilter {
        InvalidFilter(
            name: "matcher", code: .tooLarge, description: "more than \(limit) filters; the subscription gets no event")
    }

    private init(name: String, code: Code, description: String) {
        (self.name, self.code, self.description) = (name, code, description)
    }

    init(_ name: String, _ error: RubyRegexError) {
        (self.name, description) = (name, error.description)
        code =
            switch error.code {
            case .syntax: .syntax
            case .unsupported: .unsupported
            case .tooLong, .tooDeep, .tooLarge: .tooLarge
            }
    }
}
