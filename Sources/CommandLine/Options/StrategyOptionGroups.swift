import ArgumentParser
import BgdemoCore

/// The options that single strategies have, each group under its own heading. The groups are those of the descriptors:
/// swift-argument-parser reads them from the mirror, as it reads stored properties.
struct StrategyOptionGroups: ParsableArguments, CustomReflectable {
    private(set) var groups: [any StrategyOptions] = []

    /// Each once, in the order of the strategies.
    private static var types: [any StrategyOptions.Type] {
        var types: [any StrategyOptions.Type] = []
        for type in Bgdemo.strategies.flatMap(\.options) where !types.contains(where: { $0 == type }) {
            types.append(type)
        }
        return types
    }

    init() {}

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        groups = try Self.types.enumerated().map { try Self.decode($1, Key($0), container) }
    }

    var customMirror: Mirror {
        Mirror(self, children: Self.types.enumerated().map { (Key($0).stringValue, Self.group($1)) })
    }

    private static func group<Options: StrategyOptions>(_ type: Options.Type) -> Any {
        OptionGroup<Options>(title: type.title)
    }

    private static func decode<Options: StrategyOptions>(
        _ type: Options.Type, _ key: Key, _ container: KeyedDecodingContainer<Key>
    ) throws -> any StrategyOptions {
        try container.decode(OptionGroup<Options>.self, forKey: key).wrappedValue
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ index: Int) { stringValue = "group\(index)" }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
