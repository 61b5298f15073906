import BgdemoFoundations
public import Resque

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An event on the bus: a JSON object. The attributes of the bus itself begin with `bus_`:
///
///     {"bus_published_at":1795447222,"bus_event_type":"email_requested","bus_id":"1795447222-<uuid>",
///      "bus_app_hostname":"<host>","to":…,"subject":…,"text":…,"bus_class_proxy":"QueueBus::Driver"}
///
/// Attributes keep their order and their bytes from the publisher to the last rider.
public struct BusEvent: Sendable {
    /// Above this number of attributes a name is found by its hash: a publisher may send any number.
    private static let linearSearchLimit = 32

    /// An attribute is passed on as it is, so its depth does no harm; ``decode(_:)`` has a limit of its own. Half as many
    /// values as elsewhere: each name is kept apart, and to free a million takes as long as to read them.
    private static let limits = {
        var limits = JSONReader.Limits()
        limits.depth = 1_000_000
        limits.values = 500_000
        return limits
    }()

    /// How often its job has failed and was retried.
    public internal(set) var failures = 0
    /// The values as JSON, one after another; replaced ones too.
    private var values: [UInt8]
    private var attributes: [(name: ByteString, range: Range<Int>)]
    /// The index of each attribute by its name; empty while there are few.
    private var indices: [ByteString: Int] = [:]
    /// The job that it came with.
    var job: Job?

    /// The attributes of a JSON object. Of two members with one name the later value counts, in the place of the earlier, as
    /// in Ruby.
    ///
    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/invalidEvent`` if the bytes are not a JSON object.
    public init(json: some Collection<UInt8>) throws(QueueBusError) {
        values = Array(json)
        attributes = []
        do throws(JSONError) {
            let object = try JSONObject(values, limits: Self.limits)
            attributes.reserveCapacity(object.members.count + 1)
            for (name, value) in object.members { attributes.append((name, value.range)) }
            if attributes.count >= Self.linearSearchLimit { indices = object.places }
        } catch {
            throw QueueBusError(.invalidEvent, "the event is not a JSON object: \(error)", error)
        }
    }

    /// An event without attributes.
    public init() {
        values = []
        // Enough for most events, including the attributes of the bus.
        values.reserveCapacity(320)
        attributes = []
        attributes.reserveCapacity(12)
    }

    /// The attributes of a value that encodes to an object, in the order of their names.
    ///
    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/encodingFailed``.
    public init(_ value: some Encodable) throws(QueueBusError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json: [UInt8]
        do {
            json = Array(try encoder.encode(value))
        } catch {
            throw QueueBusError(.encodingFailed, "the event cannot be encoded: \(error)", error)
        }
        do throws(QueueBusError) {
            try self.init(json: json)
        } catch {
            throw QueueBusError(.encodingFailed, "the event does not encode to a JSON object", error)
        }
    }

    // MARK: Attributes

    /// What happened: `email_requested`.
    public var type: String? { self["bus_event_type"] }

    /// The id of the event, the same in all copies of it.
    public var id: String? { self["bus_id"] }

    /// An attribute as text, as Ruby's `to_s` writes it: the characters of a string, the digits of a number, `true`; nil if
    /// it is null or missing. An array or an object is its JSON.
    public subscript(name: String) -> String? { text(of: ByteString(name)) }

    func text(of name: ByteString) -> String? {
        guard let index = index(of: name) else { return nil }
        let json = values[attributes[index].range]
        return switch json.first {
        case UInt8(ascii: "n"): nil
        case UInt8(ascii: "\""): Self.string(json)
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "{"), UInt8(ascii: "["):
            String(decoding: json, as: UTF8.self)
        default: Self.number(String(decoding: json, as: UTF8.self))
        }
    }

    /// The characters of a JSON string; nil if it has half a surrogate pair.
    private static func string(_ json: ArraySlice<UInt8>) -> String? {
        let quoted = json.dropFirst().dropLast()
        guard quoted.contains(UInt8(ascii: "\\")) else { return String(decoding: quoted, as: UTF8.self) }
        return (try? JSONValue(Array(json)))?.text
    }

    /// The range of numbers that Ruby writes without an exponent.
    private static let plainNumbers = 1e-4..<1e16

    /// A number as Ruby writes it, 1.50 as 1.5 and 1e2 as 100.0; a very large or small one as it is.
    private static func number(_ text: String) -> String {
        guard text.utf8.contains(where: { ".eE".utf8.contains($0) }), let value = Double(text),
            plainNumbers.contains(abs(value)) || value == 0
        else { return text }
        return "\(value)"
    }

    /// About how many bytes the JSON has.
    var size: Int { values.count }

    /// The attributes as JSON.
    var members: [(name: ByteString, json: ArraySlice<UInt8>)] { attributes.map { ($0.name, values[$0.range]) } }

    /// The names, in their order.
    public var names: [String] { attributes.map(\.name.text) }

    /// Whether there is such an attribute, null or not.
    public func has(_ name: String) -> Bool { has(ByteString(name)) }

    func has(_ name: ByteString) -> Bool { index(of: name) != nil }

    // MARK: JSON

    /// The event as a value.
    ///
    /// - Throws: ``QueueBusError`` with the code ``QueueBusError/Code/invalidEvent`` if the attributes are not those of this
    ///   type, or are nested too deeply; `underlyingError` has the details.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(QueueBusError) -> Value {
        do {
            return try JSONReader.decode(type, from: json)
        } catch {
            throw QueueBusError(
                .invalidEvent,
                "the event \(printable(id ?? "", limit: 100)) is not a \(type): \(printable("\(error)", limit: 500))",
                error)
        }
    }

    /// The JSON object.
    public var json: [UInt8] {
        var json = JSONWriter(capacity: attributes.reduce(2) { $0 + $1.name.count + $1.range.count + 4 })
        json.object {
            for (name, range) in attributes {
                $0.name(name)
                $0.raw(values[range])
            }
        }
        return json.bytes
    }

    // MARK: Changes

    /// Sets an attribute to a text, in its place, or at the end if it is new.
    public mutating func set(_ name: String, _ text: String) {
        set(name) { $0.string(text) }
    }

    mutating func set(_ name: String, _ number: Int) {
        set(name) { $0.number(number) }
    }

    private mutating func set(_ name: String, _ write: (inout JSONWriter) -> Void) {
        var json = JSONWriter(capacity: 60)
        write(&json)
        let start = values.count
        values += json.bytes
        set(ByteString(name), start..<values.count)
    }

    private mutating func set(_ name: ByteString, _ range: Range<Int>) {
        if let index = index(of: name) { attributes[index].range = range } else { append(name, range) }
    }

    /// Adds the attributes of `other`; they replace those of the same name: Ruby's `Hash#merge!`.
    mutating func merge(_ other: BusEvent) {
        let start = values.count
        values += other.values
        attributes.reserveCapacity(attributes.count + other.attributes.count + 1)
        for (name, range) in other.attributes {
            set(name, range.lowerBound + start..<range.upperBound + start)
        }
    }

    private func index(of name: ByteString) -> Int? {
        indices.isEmpty ? attributes.firstIndex { $0.name == name } : indices[name]
    }

    private mutating func append(_ name: ByteString, _ range: Range<Int>) {
        attributes.append((name, range))
        if attributes.count == Self.linearSearchLimit {
            for (index, attribute) in attributes.enumerated() { indices[attribute.name] = index }
        } else if attributes.count > Self.linearSearchLimit {
            indices[name] = attributes.count - 1
        }
    }
}

extension BusEvent {
    /// Whether the event is certainly still this worker's to handle; see `Job.isLeaseHeld`.
    public var isLeaseHeld: Bool { job?.isLeaseHeld ?? true }

    /// Returns where the event is still this worker's to handle; asks Redis where that is not certain.
    ///
    /// - Throws: `LeaseLost` where it is not, or Redis is unavailable. Let the rider throw it.
    public func checkLease() async throws(LeaseLost) { try await job?.checkLease() }

    /// The same for each attempt to deliver this event to this subscription, and for no other delivery.
    public var deliveryID: String {
        "\(id ?? "") \(self["bus_rider_app_key"] ?? "") \(self["bus_rider_sub_key"] ?? "")"
    }
}
