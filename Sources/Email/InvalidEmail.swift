/// What is wrong with an e-mail that was asked for, in words for the person who asked.
public struct InvalidEmail: Error, Hashable, CustomStringConvertible {
    /// The part of the e-mail that broke a rule.
    public enum Field: String, Sendable {
        case to, subject, text
    }

    public let field: Field
    /// One sentence: the rule that was broken, and what to send instead.
    public let reason: String

    public init(_ field: Field, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { "\(field.rawValue): \(reason)" }
}
