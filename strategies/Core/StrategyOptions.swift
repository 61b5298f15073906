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

    /// What keeps `serve` from using the files and folders that the options name, a sentence for each.
    ///
    /// - Throws: `ValidationError` where a value is not valid.
    func unusablePlaces(_ environment: EnvironmentVariables) throws -> [String]
}

extension StrategyOptions {
    public func check(_ environment: EnvironmentVariables, _ work: WorkSettings) throws {}

    public func unusablePlaces(_ environment: EnvironmentVariables) throws -> [String] { [] }

    /// The names of the flags that are given.
    public static func names(_ flags: (name: String, isGiven: Bool)...) -> [String] {
        flags.filter(\.isGiven).map(\.name)
    }
}
