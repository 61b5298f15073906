/// A regular expression in Ruby's syntax. Matching takes time linear in the text: subscriptions come from other programs,
/// and `(a+)+` must not be able to stop a driver.
///
/// The matcher follows all alternatives at once (Thompson's construction) and never goes back in the text. Constructs that
/// need backtracking are not supported: references to groups, lookbehind, atomic groups and possessive quantifiers. Also
/// not supported: `\p{…}`, `&&` in brackets, `\R`, `\X`, `\G` and `\K`.
///
/// Every cost has a bound: ``maxBytes``, ``maxDepth`` and ``maxInstructions`` when an expression is read, a budget of steps
/// when it is matched.
package struct RubyRegex: Sendable {
    /// The longest expression, in bytes of UTF-8.
    package static let maxBytes = 10_000
    /// How deep groups and brackets may be nested.
    package static let maxDepth = 200
    /// The longest program, after counted repetitions are written out.
    package static let maxInstructions = 10_000
    /// The steps of one match. Enough for 1 MB of text and an expression with few alternatives; about 0.1 s.
    package static let defaultBudget = 10_000_000

    private let program: RegexProgram

    /// Reads an expression.
    ///
    /// - Throws: ``RubyRegexError`` if the expression is invalid, not supported, or larger than the bounds.
    package init(_ expression: String) throws(RubyRegexError) {
        guard expression.utf8.count <= Self.maxBytes else {
            throw RubyRegexError(.tooLong, "the regular expression is longer than \(Self.maxBytes) bytes")
        }
        var parser = RegexParser(expression)
        program = try parser.parse()
    }

    /// Whether any part of the text matches.
    ///
    /// - Parameter budget: The most steps that the match may take.
    /// - Returns: nil if the budget was not enough to decide.
    package func matches(_ text: String, budget: Int = RubyRegex.defaultBudget) -> Bool? {
        var budget = budget
        return matches(text, taking: &budget)
    }

    /// The same, for several expressions that share a budget.
    ///
    /// - Parameter budget: The steps that are left; none where it was not enough.
    package func matches(_ text: String, taking budget: inout Int) -> Bool? {
        // The text is read once, whatever the expression.
        budget -= text.utf8.count
        guard budget > 0 else { return nil }
        var match = RegexMatch(program: program.instructions, text: text.unicodeScalars.map(\.value), budget: budget)
        let isFound = match.find(from: 0, at: 0, isAnchored: false)
        budget = match.budget
        return budget > 0 ? isFound : nil
    }
}
