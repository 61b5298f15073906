import BgdemoFoundations

/// A record of the stage as a file has it: events, each a line of JSON, the first of which says what is staged.
struct StageRecord: Sendable {
    /// A larger record is none that a browser would play.
    private static let maxBytes = 256 << 20
    /// A week, in milliseconds.
    private static let maxTime = 604_800_000

    /// Each without its line end.
    let lines: [ArraySlice<UInt8>]

    /// - Throws: ``StageError`` where it cannot be read or is no record, with the line that is wrong.
    init(file path: String) throws(StageError) {
        try self.init(BoundedFile.read(path, limit: Self.maxBytes))
    }

    /// A last line that was not written to its end is left out: that of a stage that was killed, or that still plays.
    init(_ bytes: [UInt8]) throws(StageError) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first.flatMap(Self.event), Self.isStage(first["stage"]) else {
            throw StageError("this is no record of the stage")
        }
        if bytes.last != UInt8(ascii: "\n"), lines.last.flatMap(Self.event) == nil { lines.removeLast() }
        if let wrong = lines.firstIndex(where: { Self.event($0) == nil }) {
            throw StageError("line \(wrong + 1) of the record is no event")
        }
        self.lines = lines
    }

    /// Nil where the line is not an object with a time.
    private static func event(_ line: ArraySlice<UInt8>) -> JSONObject? {
        var limits = JSONReader.Limits()
        (limits.bytes, limits.depth) = (16 << 20, 8)
        guard let event = try? JSONObject(Array(line), duplicates: .refused, limits: limits),
            let time = event["t"]?.int, (0...maxTime).contains(time)
        else { return nil }
        return event
    }

    /// Whether the page can show it: of this version, with the names of its lanes, processes and steps.
    private static func isStage(_ value: JSONValue?) -> Bool {
        guard let stage = object(value), stage["version"]?.int == 1, let lanes = objects(stage["lanes"]),
            let steps = objects(stage["steps"]), (1...9).contains(lanes.count), steps.count <= Script.maxSteps
        else { return false }
        return lanes.allSatisfy { lane in
            lane["name"]?.text != nil && lane["summary"]?.text != nil && lane["redis"]?.bool != nil
                && lane["roles"].map { $0.kind == .array && $0.elements.allSatisfy { $0.text != nil } } ?? false
        } && steps.allSatisfy { $0["address"]?.text != nil && $0["title"]?.text != nil }
    }

    private static func object(_ value: JSONValue?) -> JSONObject? {
        guard let value, value.kind == .object else { return nil }
        return try? JSONObject(Array(value.raw))
    }

    /// Nil for what is no array of objects.
    private static func objects(_ value: JSONValue?) -> [JSONObject]? {
        guard let value, value.kind == .array else { return nil }
        let objects = value.elements.map(object)
        return objects.contains { $0 == nil } ? nil : objects.compactMap { $0 }
    }
}
