public import BgdemoFoundations
public import Tracing

/// What a message carries of the trace that it belongs to: `traceparent` and `tracestate` (W3C Trace Context), or whatever
/// else the tracer writes.
public struct TraceFields: Sendable {
    private enum Storage: Sendable {
        case fields([(name: String, value: String)])
        /// A JSON object. Most messages carry no trace, and are not read for one.
        case object([UInt8])
    }

    private var storage = Storage.fields([])

    /// More is no trace: a message's other members are read along with its fields.
    private static let limits = (fields: 256, nameBytes: 64, valueBytes: 8192)

    public init() {}

    /// In the order in which they are written.
    public var fields: [(name: String, value: String)] {
        switch storage {
        case .fields(let fields): fields
        case .object(let object): Self.fields(of: object)
        }
    }

    public var isEmpty: Bool { fields.isEmpty }

    public subscript(name: String) -> String? {
        if case .object(let object) = storage, !Self.mayHave(name, object) { return nil }
        return fields.first { $0.name.hasSameBytes(as: name) }?.value
    }

    /// Whether an object may have a member of this name, which may be written with escapes. It is asked of each message, and most
    /// have none.
    private static func mayHave(_ name: String, _ object: [UInt8]) -> Bool {
        guard let first = name.utf8.first else { return true }
        for index in object.indices {
            let byte = object[index]
            if byte == UInt8(ascii: "\\") || byte == first && object[index...].starts(with: name.utf8) { return true }
        }
        return false
    }

    /// Sets a field, unless it is longer than any tracer's.
    public mutating func set(_ name: String, _ value: String) {
        var fields = fields
        Self.set(name, value, in: &fields)
        storage = .fields(fields)
    }

    private static func set(_ name: String, _ value: String, in fields: inout [(name: String, value: String)]) {
        guard name.utf8.count <= limits.nameBytes, value.utf8.count <= limits.valueBytes else { return }
        if let place = fields.firstIndex(where: { $0.name.hasSameBytes(as: name) }) {
            fields[place].value = value
        } else if fields.count < limits.fields {
            fields.append((name, value))
        }
    }
}

extension TraceFields {
    /// These fields and the others, which count where both have one.
    public func merging(_ others: TraceFields) -> TraceFields {
        var fields = self
        for (name, value) in others.fields { fields.set(name, value) }
        return fields
    }
}

/// In JSON they are strings at the top level, as Ruby's OpenTelemetry writes them into a job.
extension TraceFields {
    /// The members of a JSON object that are strings; none where the bytes are no object.
    public init(of object: [UInt8]) { storage = .object(object) }

    private static func fields(of object: [UInt8]) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        var reader = JSONReader(object, limits: jsonLimits)
        guard (try? reader.beginObject()) != nil else { return [] }
        while let (name, value) = try? reader.nextMember() {
            if let name = name.text, let value = value.text { set(name, value, in: &fields) }
        }
        return fields
    }

    /// The object with these members at its end. One that has a field already gets the new value there; nothing else changes.
    /// Bytes that are no object are returned as they are.
    public func added(to object: [UInt8]) -> [UInt8] {
        guard !isEmpty else { return object }
        var kept: [JSONReader.Member] = []
        var isReplacing = false
        do {
            var reader = JSONReader(object, limits: Self.jsonLimits)
            try reader.beginObject()
            while let member = try reader.nextMember() {
                if let name = member.name.text, self[name] != nil { isReplacing = true } else { kept.append(member) }
            }
        } catch {
            return object
        }
        guard isReplacing else { return appended(to: object) }
        var json = JSONWriter(capacity: object.count + 128)
        json.object { json in
            for (name, value) in kept {
                json.value(name.raw)
                json.raw(":")
                json.raw(value.raw)
            }
            write(into: &json)
        }
        return json.bytes
    }

    /// Writes the fields as members of an object.
    public func write(into json: inout JSONWriter) {
        for (name, value) in fields { json.member(name, value) }
    }

    private func appended(to object: [UInt8]) -> [UInt8] {
        let beginning = object[..<(object.lastIndex(of: UInt8(ascii: "}")) ?? object.endIndex)]
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        var json = JSONWriter(continuing: Array(beginning[...(beginning.lastIndex { !isBlank($0) } ?? 0)]))
        write(into: &json)
        json.raw(object[beginning.endIndex...])
        return json.bytes
    }

    /// As the libraries read a job or an event.
    private static let jsonLimits = {
        var limits = JSONReader.Limits()
        limits.depth = 1_000_000
        return limits
    }()
}

extension TraceFields {
    struct Injector: Tracing.Injector {
        func inject(_ value: String, forKey key: String, into fields: inout TraceFields) { fields.set(key, value) }
    }

    struct Extractor: Tracing.Extractor {
        func extract(key: String, from fields: TraceFields) -> String? { fields[key] }
    }

    /// What is to be carried of a span.
    public init(_ context: ServiceContext, _ tracer: any Tracer) {
        tracer.inject(context, into: &self, using: Injector())
    }

    /// The context that was carried.
    public func context(_ tracer: any Tracer) -> ServiceContext {
        var context = ServiceContext.topLevel
        tracer.extract(self, into: &context, using: Extractor())
        return context
    }
}

/// In one word, to be kept beside other things: `traceparent=00-…-01`.
extension TraceFields {
    /// The fields that say which span it is: those of letters, digits, `-`, `_` and `:` alone; empty where they are long.
    public var word: String {
        let short = fields.filter { $0.name.isWord && $0.value.isWord }.map { "\($0.name)=\($0.value)" }
        let word = short.joined(separator: ";")
        return word.utf8.count <= 256 ? word : ""
    }

    public init(word: some StringProtocol) {
        // A job has none before its first attempt has failed.
        guard !word.isEmpty else { return }
        for field in word.utf8.split(separator: UInt8(ascii: ";")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1)
            if parts.count == 2 {
                set(String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self))
            }
        }
    }
}

extension String {
    fileprivate var isWord: Bool {
        utf8.allSatisfy {
            $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                || $0 == UInt8(ascii: ":")
        }
    }
}
