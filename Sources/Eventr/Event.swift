#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An event in the log: JSON, by the talk with an `eventName`. It never changes.
public struct Event: Sendable, Hashable {
    /// Where an event stands in the log.
    public struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// `floor(epoch seconds / 60)`.
        public let partition: Int
        /// From 0.
        public let index: Int

        public static func < (one: Place, other: Place) -> Bool {
            (one.partition, one.index) < (other.partition, other.index)
        }

        public var description: String { "\(partition):\(index)" }
    }

    /// Where it stands in the log; no other event ever has this place.
    public let place: Place
    /// The event as it was written, byte for byte.
    public let bytes: [UInt8]

    init(_ bytes: [UInt8], partition: Int, index: Int) {
        self.bytes = bytes
        place = Place(partition: partition, index: index)
    }

    /// The value of `eventName`; nil where there is none, or the bytes are not JSON.
    public var name: String? { try? decode(Named.self).eventName }

    /// The event as a value.
    ///
    /// - Throws: `DecodingError`, where the bytes are not JSON, or not such JSON.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(bytes))
    }

    private struct Named: Decodable {
        let eventName: String
    }
}

extension Event: CustomStringConvertible {
    /// The event as text; invalid UTF-8 is repaired.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
