public import ArgumentParser
import BgdemoFoundations

/// The value of an option that has a form of its own, and can say which.
///
/// An option of such a type has `transform: Self.parse`: the parser's error then ends with the reason.
public protocol ExplainedArgument: ExpressibleByArgument {
    /// - Throws: `ValidationError` with the part that is wrong, or the forms there are.
    @Sendable static func parse(_ text: String) throws -> Self
}

extension ExplainedArgument {
    public init?(argument: String) {
        guard let value = try? Self.parse(argument) else { return nil }
        self = value
    }
}

extension Duration: @retroactive ExpressibleByArgument, ExplainedArgument {
    /// The forms of a time, for errors and help.
    public static let forms =
        "a time is a number and ms, s, m, h or d, such as 250ms, 1.5s or 7d; without a unit, seconds"

    /// The same as a sentence.
    public static let formsSentence = "A\(forms.dropFirst())."

    @Sendable public static func parse(_ text: String) throws -> Duration {
        guard let duration = Duration(text: text) else { throw ValidationError(forms) }
        return duration
    }
}

extension Int: ExplainedArgument {
    @Sendable public static func parse(_ text: String) throws -> Int {
        guard let number = Int(text) else { throw ValidationError("it is a whole number, such as 100") }
        return number
    }
}

extension UInt64: ExplainedArgument {
    @Sendable public static func parse(_ text: String) throws -> UInt64 {
        guard let number = UInt64(text) else { throw ValidationError("it is a whole number of 0 or more, such as 7") }
        return number
    }
}

extension Double: ExplainedArgument {
    @Sendable public static func parse(_ text: String) throws -> Double {
        guard let number = Double(text), number.isFinite else {
            throw ValidationError("it is a number without a unit, such as 0.5 or 100")
        }
        return number
    }
}
