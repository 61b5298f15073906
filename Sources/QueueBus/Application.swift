/// A program that subscribes to events. Its subscriptions stand in Redis, where every driver finds them, those of Ruby
/// too: its key in the set `bus_apps`, each subscription in the hash `bus_app:<key>`.
public struct Application: Sendable, Hashable {
    /// By which Redis knows it: the name in small letters, with `_` for all but letters and digits.
    public let key: String

    /// - Throws: ``InvalidApplication`` where nothing of the name is a letter or a digit.
    public init(_ name: String) throws(InvalidApplication) {
        key = Self.normalized(name)
        guard key.contains(where: { $0 != "_" }) else { throw InvalidApplication(name: name) }
    }

    /// The whole name of one of its queues: `<key>_default`, or `<key>_<name>`.
    public func queue(_ name: String = "default") -> String { "\(key)_\(Self.normalized(name))" }

    /// Ruby's `gsub(/\W/, '_').downcase`.
    static func normalized(_ name: String) -> String {
        String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "0"..."9", "_": scalar
                    case "A"..."Z": Unicode.Scalar(UInt8(ascii: scalar) | 0x20)
                    default: "_"
                    }
                }))
    }
}

/// There is no application by such a name.
public struct InvalidApplication: Error, Sendable, CustomStringConvertible {
    /// As it was given.
    public let name: String

    public var description: String { "\"\(name)\" has no letter or digit to name an application by" }
}
