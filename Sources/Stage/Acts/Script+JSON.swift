import BgdemoFoundations

extension Script {
    /// A larger file is no script.
    static let maxBytes = 1 << 20

    /// Reads a script from a file.
    ///
    /// - Throws: ``StageError`` that says what is wrong, and in which step.
    public init(file path: String) throws(StageError) {
        try self.init(json: BoundedFile.read(path, limit: Self.maxBytes))
    }

    /// Reads a script: an object with `steps`, and perhaps a `seed`.
    init(json bytes: [UInt8]) throws(StageError) {
        var fields = try Fields(bytes, "the script")
        seed = try fields.take("seed") { $0.number.flatMap { UInt64($0) } }
        let steps = try fields.need("steps", fields.take("steps") { $0.kind == .array ? $0.elements : nil })
        try fields.end()
        guard steps.count <= Self.maxSteps else { throw StageError("a script has 1 to \(Self.maxSteps) steps") }
        self.steps = []
        for (place, step) in steps.enumerated() {
            self.steps.append(try ScriptStep(Fields(Array(step.raw), "step \(place + 1)")))
        }
    }
}

extension ScriptStep {
    fileprivate init(_ fields: Fields) throws(StageError) {
        var fields = fields
        address = try fields.need("address", fields.take("address", \.text))
        fields.place += " (\(printable(address, limit: 100)))"
        title = try fields.need("title", fields.take("title", \.text))
        better = try fields.take("better", \.texts) ?? []
        still = try fields.take("still", \.texts) ?? []
        lanes = try fields.need("lanes", fields.take("lanes", \.texts))
        actions = try fields.need("actions", fields.take("actions", \.texts))
        seconds = try fields.take("seconds", \.double) ?? 8
        try fields.end()
    }
}

extension JSONValue {
    /// An array of strings; nil for anything else.
    fileprivate var texts: [String]? {
        guard kind == .array else { return nil }
        let texts = elements.map(\.text)
        return texts.contains(nil) ? nil : texts.compactMap { $0 }
    }
}

/// The members of an object, each of which is taken once.
private struct Fields {
    /// For errors: `step 3 (resque/meet)`.
    var place: String
    private var members: [ByteString: JSONValue] = [:]

    init(_ bytes: [UInt8], _ place: String) throws(StageError) {
        self.place = place
        var limits = JSONReader.Limits()
        (limits.bytes, limits.depth, limits.values) = (Script.maxBytes, 8, 100_000)
        do throws(JSONError) {
            for (name, value) in try JSONObject(bytes, duplicates: .refused, limits: limits).members {
                members[name] = value
            }
        } catch {
            throw StageError("\(place): \(error)")
        }
    }

    /// - Returns: Nil where there is no such member.
    mutating func take<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(StageError) -> Value? {
        guard let value = members.removeValue(forKey: ByteString(name)) else { return nil }
        guard let value = read(value) else { throw StageError("\(place): \(name) is of a wrong kind") }
        return value
    }

    func need<Value>(_ name: String, _ value: Value?) throws(StageError) -> Value {
        guard let value else { throw StageError("\(place): \(name) is missing") }
        return value
    }

    /// - Throws: ``StageError`` where a member is left.
    func end() throws(StageError) {
        guard let name = members.keys.first else { return }
        throw StageError("\(place): there is no member \(printable(name.text, limit: 60))")
    }
}
