/// JSON in the one spelling that JavaScript gives it: what `JSON.stringify(JSON.parse(text))` makes of a text, byte for
/// byte (ECMA-262, sections 25.5.1 and 25.5.2). Programs of node use that spelling in names of keys in Redis.
public enum JavaScriptJSON {
    /// - Throws: ``JSONError`` where `json` is not JSON, or larger than the limits.
    public static func stringify(_ json: [UInt8], limits: JSONReader.Limits = .standard) throws(JSONError) -> [UInt8] {
        var writer = JSONWriter(capacity: json.count)
        write(try JSONValue(json, limits: limits), into: &writer)
        return writer.bytes
    }

    /// Recursion is as deep as the limits let the text be.
    private static func write(_ value: JSONValue, into writer: inout JSONWriter) {
        switch value.kind {
        case .object:
            writer.object { writer in
                for (name, value) in ordered(value.members) {
                    writer.value(JSONString.requoted(name))
                    writer.raw(":")
                    write(value, into: &writer)
                }
            }
        case .array:
            writer.array { writer in for element in value.elements { write(element, into: &writer) } }
        case .string: writer.value(JSONString.requoted(value.quoted))
        case .number: writer.value(Array(number(value).utf8))
        case .bool, .null: writer.value(Array(value.raw))
        }
    }

    /// Names that are array indices first, by their number; then the others as they came. Of two with one name the later
    /// value counts, in the place of the earlier (ECMA-262, section 10.1.11).
    private static func ordered(_ members: [JSONReader.Member]) -> [(name: ArraySlice<UInt8>, value: JSONValue)] {
        var places: [ByteString: Int] = [:]
        var unique: [(name: ArraySlice<UInt8>, value: JSONValue)] = []
        for (name, value) in members {
            // Two spellings of one name are one when both are spelled anew.
            let key = ByteString(JSONString.requoted(name.quoted))
            if let place = places[key] {
                unique[place].value = value
            } else {
                places[key] = unique.count
                unique.append((name.quoted, value))
            }
        }
        var indices: [(index: UInt32, place: Int)] = []
        var others: [Int] = []
        for place in unique.indices {
            if let index = arrayIndex(unique[place].name) {
                indices.append((index, place))
            } else {
                others.append(place)
            }
        }
        guard !indices.isEmpty else { return unique }
        indices.sort { $0.index < $1.index }
        return (indices.map(\.place) + others).map { unique[$0] }
    }

    /// The number of a name that is an array index, 0 to 2³² − 2, in its one spelling.
    private static func arrayIndex(_ name: ArraySlice<UInt8>) -> UInt32? {
        guard let characters = JSONString.unescape(name),
            let index = UInt32(String(decoding: characters, as: UTF8.self)),
            index < .max, String(index).utf8.elementsEqual(characters)
        else { return nil }
        return index
    }

    /// `Number::toString` (ECMA-262, section 6.1.6.1.20), which spells a double by its fewest digits.
    static func number(_ value: JSONValue) -> String {
        let spelled = String(decoding: value.raw, as: UTF8.self)
        // The usual case: what is a small integer is spelled so already.
        if spelled.utf8.count <= 15, let integer = Int(spelled) { return String(integer) }
        guard let number = Double(spelled), number != 0 else { return "0" }
        // `JSON.stringify` has no infinity.
        guard number.isFinite else { return "null" }
        let (digits, exponent) = shortestDigits(number.magnitude)
        return (number < 0 ? "-" : "") + spell(digits, exponent)
    }

    /// The digits d₁d₂…dₖ and the n of the number 0.d₁d₂…dₖ × 10ⁿ. Swift's description has the same fewest digits.
    private static func shortestDigits(_ number: Double) -> (digits: String, exponent: Int) {
        let halves = number.description.split(separator: "e")
        let parts = (halves.first ?? "0").split(separator: ".")
        let integer = String(parts.first ?? "0")
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let all = integer + fraction
        let leadingZeros = all.utf8.prefix { $0 == 0x30 }.count
        var digits = Array(all.utf8.dropFirst(leadingZeros))
        while digits.last == 0x30 { digits.removeLast() }
        let exponent = (halves.count > 1 ? Int(halves[1]) ?? 0 : 0) + integer.utf8.count - leadingZeros
        return (String(decoding: digits, as: UTF8.self), exponent)
    }

    private static func spell(_ digits: String, _ n: Int) -> String {
        let k = digits.utf8.count
        let zeros = { String(repeating: "0", count: $0) }
        if k <= n, n <= 21 { return digits + zeros(n - k) }
        if 0 < n, n <= 21 { return "\(digits.prefix(n)).\(digits.dropFirst(n))" }
        if -6 < n, n <= 0 { return "0." + zeros(-n) + digits }
        let sign = n - 1 < 0 ? "-" : "+"
        let fraction = k == 1 ? "" : ".\(digits.dropFirst())"
        return "\(digits.prefix(1))\(fraction)e\(sign)\(abs(n - 1))"
    }
}

extension JSONWriter {
    /// Appends one value that is written already.
    fileprivate mutating func value(_ json: [UInt8]) {
        separate()
        raw(json)
    }
}

extension JSONString {
    /// A string with its quotes, escaped as `JSON.stringify` does it: half a surrogate pair stays an escape, in small
    /// letters.
    fileprivate static func requoted(_ quoted: ArraySlice<UInt8>) -> [UInt8] {
        var writer = JSONWriter(capacity: quoted.count + 2)
        writer.raw("\"")
        if let characters = unescape(quoted) {
            writer.characters(characters)
        } else {
            var rest = quoted
            while !rest.isEmpty {
                let plain = rest.prefix { $0 != UInt8(ascii: "\\") }
                writer.characters(Array(plain))
                rest = rest[plain.endIndex...]
                guard !rest.isEmpty else { break }
                let length: Int
                if rest.dropFirst().first == UInt8(ascii: "u") {
                    if let (_, end) = scalar(rest, at: rest.startIndex + 2) {
                        length = end - rest.startIndex
                    } else {
                        if let unit = unit(rest, at: rest.startIndex + 2) { writer.unicodeEscape(unit) }
                        rest = rest.dropFirst(6)
                        continue
                    }
                } else {
                    length = 2
                }
                writer.characters(unescape(rest.prefix(length)) ?? [])
                rest = rest.dropFirst(length)
            }
        }
        writer.raw("\"")
        return writer.bytes
    }
}
