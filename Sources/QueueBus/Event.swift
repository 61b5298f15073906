import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Something that happened, as queue-bus carries it: a JSON object. What the bus itself adds begins with `bus_`:
///
///     {"bus_published_at":1795447222,"bus_event_type":"email_requested","bus_id":"1795447222-<uuid>",
///      "bus_app_hostname":"<host>","to":…,"subject":…,"text":…,"bus_class_proxy":"QueueBus::Driver"}
///
/// Attributes keep their order and their bytes from the publisher to the last rider.
public struct Event: Sendable {
    private var attributes: [(name: String, json: ArraySlice<UInt8>)]

    /// The attributes that a JSON object spells.
    ///
    /// - Throws: ``InvalidEvent`` where it is no object.
    public init(json: some Collection<UInt8>) throws(InvalidEvent) {
        let bytes = Array(json)
        var ranges: [(Range<Int>, Range<Int>)] = []
        do {
            var scanner = JSONScanner(bytes)
            try scanner.members { ranges.append(($0, $1)) }
        } catch {
            throw InvalidEvent(description: "the event is not a JSON object: \(error)")
        }
        attributes = []
        attributes.reserveCapacity(ranges.count)
        // Where each is, by its name: whoever publishes chooses how many there are.
        var places: [String: Int] = [:]
        places.reserveCapacity(ranges.count)
        for (name, value) in ranges {
            guard let name = JSONBytes.text(of: bytes[name]) else {
                throw InvalidEvent(description: "the event has a name that is not UTF-8")
            }
            // Of two with one name the later value counts, in the place of the earlier.
            if let place = places[name] {
                attributes[place].json = bytes[value]
            } else {
                places[name] = attributes.count
                attributes.append((name, bytes[value]))
            }
        }
    }

    public init() {
        attributes = []
    }

    /// The attributes of a value that encodes to an object, in the order of their names.
    public init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try self.init(json: encoder.encode(value))
    }

    /// What happened: `email_requested`.
    public var type: String? { self["bus_event_type"] }

    /// The name of this one event, wherever its copies are.
    public var id: String? { self["bus_id"] }

    /// An attribute as text, the way Ruby's `to_s` has it: a string's characters, the digits of a number, `true`; nil
    /// where it is null or missing. An array or an object is its JSON.
    public subscript(name: String) -> String? {
        guard let json = attributes.first(where: { $0.name == name })?.json else { return nil }
        return switch json.first {
        case UInt8(ascii: "n"): nil
        case UInt8(ascii: "\""): JSONBytes.text(of: json)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "{"), UInt8(ascii: "["):
            String(decoding: json, as: UTF8.self)
        default: Self.number(String(decoding: json, as: UTF8.self))
        }
    }

    /// A number as Ruby writes it, 1.50 as 1.5 and 1e2 as 100.0; one very large or small as it stands.
    private static func number(_ text: String) -> String {
        guard text.utf8.contains(where: { ".eE".utf8.contains($0) }), let value = Double(text),
            (1e-4..<1e16).contains(abs(value)) || value == 0
        else { return text }
        return "\(value)"
    }

    /// The attributes as they stand in JSON.
    var members: [(name: String, json: ArraySlice<UInt8>)] { attributes }

    /// The names, in their order.
    public var names: [String] { attributes.map(\.name) }

    /// Whether there is such an attribute, null or not.
    public func has(_ name: String) -> Bool { attributes.contains { $0.name == name } }

    /// The attributes, decoded.
    public func decode<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: Data(json))
    }

    /// The JSON object.
    public var json: [UInt8] {
        var json = JSONBytes(capacity: attributes.reduce(2) { $0 + $1.name.utf8.count + $1.json.count + 4 })
        json.raw("{")
        for (name, value) in attributes {
            json.name(name)
            json.raw(value)
        }
        json.raw("}")
        return json.bytes
    }

    /// Sets an attribute to a text, in its place, or at the end where it is new.
    public mutating func set(_ name: String, _ text: String) {
        var json = JSONBytes(capacity: text.utf8.count + 2)
        json.string(text)
        set(name, json: json.bytes[...])
    }

    // MARK: As the bus changes it

    private mutating func set(_ name: String, json: ArraySlice<UInt8>) {
        if let place = attributes.firstIndex(where: { $0.name == name }) {
            attributes[place].json = json
        } else {
            attributes.append((name, json))
        }
    }

    mutating func set(_ name: String, _ number: Int) { set(name, json: Array(String(number).utf8)[...]) }

    /// This event's few attributes, then those of `other`, which count where both have one: Ruby's `Hash#merge`.
    func merging(_ other: Event) -> Event {
        var merged = self
        merged.attributes.reserveCapacity(attributes.count + other.attributes.count + 1)
        for (name, json) in other.attributes {
            if let place = attributes.firstIndex(where: { $0.name == name }) {
                merged.attributes[place].json = json
            } else {
                merged.attributes.append((name, json))
            }
        }
        return merged
    }
}

/// What was on the bus is no event; the text says why.
public struct InvalidEvent: Error, Sendable, CustomStringConvertible {
    public let description: String
}
