/// Why a regular expression cannot be used.
package struct RubyRegexError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem it is.
    package enum Code: Sendable, Hashable {
        /// Ruby would refuse the expression too.
        case syntax
        /// Ruby supports the construct, this module does not.
        case unsupported
        /// The expression has more than ``RubyRegex/maxBytes`` bytes.
        case tooLong
        /// Groups or brackets are nested deeper than ``RubyRegex/maxDepth``.
        case tooDeep
        /// The program has more than ``RubyRegex/maxInstructions`` instructions.
        case tooLarge
    }

    /// What kind of problem it is.
    package let code: Code
    /// What is wrong, as a sentence.
    package let description: String

    init(_ code: Code, _ description: String) {
        (self.code, self.description) = (code, description)
    }
}
