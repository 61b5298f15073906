#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Colours for a terminal (ECMA-48, "select graphic rendition"), of the sixteen that follow its own theme.
///
/// There are none where the text goes to a pipe or a file, where `TERM` is `dumb` or absent, and where `NO_COLOR` is set
/// and not empty (https://no-color.org).
public struct TerminalStyle: Sendable {
    public enum Colour: Int, Sendable { case bold = 1, faint = 2, red = 31, green = 32, yellow = 33 }

    /// Without colours.
    public static let plain = TerminalStyle(isColoured: false)
    /// For standard output.
    public static let ofOutput = TerminalStyle(descriptor: 1)
    /// For standard error.
    public static let ofError = TerminalStyle(descriptor: 2)

    public let isColoured: Bool

    public init(isColoured: Bool) { self.isColoured = isColoured }

    private init(descriptor: Int32) {
        self.init(
            isTerminal: isatty(descriptor) == 1, environment: ProcessInfo.processInfo.environment)
    }

    init(isTerminal: Bool, environment: [String: String]) {
        let isDumb = ["dumb", ""].contains(environment["TERM"] ?? "")
        isColoured = isTerminal && !isDumb && (environment["NO_COLOR"] ?? "").isEmpty
    }

    /// The text in a colour; as it is where there are none.
    public func callAsFunction(_ text: String, _ colour: Colour) -> String {
        isColoured && !text.isEmpty ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }
}
