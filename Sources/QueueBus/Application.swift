import BgdemoFoundations

/// A program that subscribes to events. Its subscriptions are in Redis, where every driver finds them, those of Ruby too:
/// its key in the set `bus_apps`, each subscription in the hash `bus_app:<key>`.
public struct Application: Sendable, Hashable {
    /// Its name in Redis: the name in small letters, with `_` for everything but letters and digits.
    public let key: String

    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/invalidApplicationName`` if the name has no letter and
    ///   no digit.
    public init(_ name: String) throws(QueueBusError) {
        key = Self.normalized(name)
        guard !key.everyByte({ $0 == UInt8(ascii: "_") }) else {
            let name = printable(name, limit: 100)
            throw QueueBusError(.invalidApplicationName, "the application name \"\(name)\" has no letter and no digit")
        }
    }

    /// The full name of one of its queues: `<key>_default`, or `<key>_<name>`.
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
