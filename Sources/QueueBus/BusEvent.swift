import BgdemoFoundations
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
public struct BusEvent: Sendable {
    /// The values, as they stand in JSON, one after another; replaced ones too.
    private var values: JSONWriter
    private var attributes: [(name: ByteString, place: Range<Int>)]

    /// The attributes that a JSON object spells.
    ///
    /// - Throws: ``InvalidBusEvent`` where it is no object.
    public init(json: some Collection<UInt8>) throws(InvalidBusEvent) {
        let bytes = Array(json)
        var limits = JSONReader.Limits()
        (limits.depth, limits.requiresUTF8) = (.max, false)
        do {
            let object = try JSONObject(bytes, limits: limits)
            attributes = object.members.map { ($0.name, $0.value.range) }
        } catch  where error.code == .notUTF8 {
            throw InvalidBusEvent(description: "the event has a name that is not UTF-8")
        } catch {
            throw InvalidBusEvent(description: "the event is not a JSON object: \(error)")
        }
        values = JSONWriter(continuing: bytes)
        guard attributes.allSatisfy({ $0.name.isValidUTF8 }) else {
            throw InvalidBusEvent(description: "the event has a name that is not UTF-8")
        }
    }

    /// An event without attributes.
    public init() {
        // What most have room in, the bus' own attributes among it.
        values = JSONWriter(capacity: 320)
        attributes = []
        attributes.reserveCapacity(12)
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
        let name = ByteString(name)
        guard let place = attributes.first(where: { $0.name == name })?.place else { return nil }
        let value = JSONValue(known: values.bytes, in: place)
        return switch value.kind {
        case .null: nil
        case .string: value.text
        case .bool, .object, .array: String(decoding: value.raw, as: UTF8.self)
        case .number: Self.number(String(decoding: value.raw, as: UTF8.self))
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
    var members: [(name: ByteString, json: ArraySlice<UInt8>)] { attributes.map { ($0.name, values.bytes[$0.place]) } }

    /// The names, in their order.
    public var names: [String] { attributes.map(\.name.text) }

    /// Whether there is such an attribute, null or not.
    public func has(_ name: String) -> Bool {
        let name = ByteString(name)
        return attributes.contains { $0.name == name }
    }

    /// The attributes, decoded.
    public func decode<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONReader.decode(type, from: json)
    }

    /// The JSON object.
    public var json: [UInt8] {
        var json = JSONWriter(capacity: attributes.reduce(2) { $0 + $1.name.count + $1.place.count + 4 })
        json.raw("{")
        for (name, place) in attributes {
            json.name(name)
            json.raw(values.bytes[place])
        }
        json.raw("}")
        return json.bytes
    }

    /// Sets an attribute to a text, in its place, or at the end where it is new.
    public mutating func set(_ name: String, _ text: String) {
        set(name) { $0.string(text) }
    }

    // MARK: As the bus changes it

    mutating func set(_ name: String, _ number: Int) {
        set(name) { $0.raw(String(number)) }
    }

    private mutating func set(_ name: String, _ write: (inout JSONWriter) -> Void) {
        // Behind another value its writer puts a comma, which is not the value's.
        if !values.bytes.isEmpty { values.raw(",") }
        let start = values.bytes.count
        write(&values)
        set(ByteString(name), at: start..<values.bytes.count)
    }

    private mutating func set(_ name: ByteString, at place: Range<Int>) {
        if let index = attributes.firstIndex(where: { $0.name == name }) {
            attributes[index].place = place
        } else {
            attributes.append((name, place))
        }
    }

    /// Takes on the attributes of `other`, which count where both have one: Ruby's `Hash#merge!`. This event's are few;
    /// the other's may be many.
    mutating func merge(_ other: BusEvent) {
        let (own, start) = (attributes.count, values.bytes.count)
        values.raw(other.values.bytes)
        attributes.reserveCapacity(own + other.attributes.count + 1)
        for (name, place) in other.attributes {
            let place = place.lowerBound + start..<place.upperBound + start
            if let index = attributes[..<own].firstIndex(where: { $0.name == name }) {
                attributes[index].place = place
            } else {
                attributes.append((name, place))
            }
        }
    }
}

/// What was on the bus is no event; the text says why.
public struct InvalidBusEvent: Error, Sendable, CustomStringConvertible {
    /// What is wrong, for a person to read.
    public let description: String
}
