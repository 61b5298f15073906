import BgdemoFoundations

/// An event in the log: JSON with an `eventName`. It never changes.
public struct Event: Sendable, Hashable {
    /// The position of an event in the log.
    public struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
        /// The minute since 1970 in which the event was written: `floor(epoch seconds / 60)`.
        public let partition: Int
        /// The position within the partition, from 0.
        public let index: Int

        /// Names a position; nothing need be there.
        public init(partition: Int, index: Int) {
            (self.partition, self.index) = (partition, index)
        }

        /// Whether `one` was written before `other`.
        public static func < (one: Place, other: Place) -> Bool {
            (one.partition, one.index) < (other.partition, other.index)
        }

        /// `29857612:0`
        public var description: String { "\(partition):\(index)" }
    }

    /// The position in the log. No other event ever has it.
    public let place: Place
    /// The event as it was written, byte for byte.
    public let bytes: [UInt8]
    /// How often the handler that gets it has failed with it.
    public internal(set) var failures = 0

    /// An event as the log has it. Useful to test a handler.
    public init(_ bytes: [UInt8], at place: Place) {
        (self.bytes, self.place) = (bytes, place)
    }

    init(_ bytes: [UInt8], partition: Int, index: Int) {
        self.init(bytes, at: Place(partition: partition, index: index))
    }

    /// The value of `eventName`; nil if there is none, or the bytes are not a JSON object.
    public var name: String? { try? JSONObject(bytes)["eventName"]?.text }

    /// Whether ``name`` is this text, byte for byte. Takes linear time, whatever the event contains.
    public func isNamed(_ name: String) -> Bool { self.name?.hasSameBytes(as: name) ?? false }

    /// The event as a value.
    ///
    /// - Throws: ``EventrError`` with the code ``EventrError/Code/invalidEvent`` if the bytes are not JSON, not JSON of this
    ///   type, or nested too deeply; `underlyingError` has the details.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(EventrError) -> Value {
        do {
            return try JSONReader.decode(type, from: bytes)
        } catch {
            throw EventrError(
                .invalidEvent, "the event \(place) is not a \(type): \(printable("\(error)", limit: 500))", error)
        }
    }
}

extension Event: CustomStringConvertible {
    /// The event as text, with control characters escaped.
    public var description: String { printable(bytes) }
}
