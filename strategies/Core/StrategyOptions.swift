public import ArgumentParser

/// Options of `serve` for one strategy, or for several that share them.
public protocol StrategyOptions: ParsableArguments, Sendable {
    /// The heading in the help.
    static var title: String { get }
    /// The flags that the command line has, such as `--spool`. Variables of the environment do not count.
    var givenFlags: [String] { get }

    /// Checks the values before anything starts.
    ///
    /// - Throws: `ValidationError` where one is not valid.
    func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws
}

extension StrategyOptions {
    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {}

    /// The names of the flags that are given.
    public static func names(_ flags: (name: String, isGiven: Bool)...) -> [String] {
        flags.filter(\.isGiven).map(\.name)
    }
}
