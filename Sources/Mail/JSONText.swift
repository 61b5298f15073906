/// JSON as text, keys in the order they are written: wire formats and their readers depend on it, and `JSONEncoder`
/// keeps no order.
public struct JSONText: Sendable {
    public private(set) var text: String

    public init(capacity: Int = 160) {
        text = ""
        text.reserveCapacity(capacity)
    }

    /// Appends `text` as it is: punctuation, numbers, or JSON that is already written.
    public mutating func raw(_ text: String) { self.text += text }

    /// Appends `value` as a JSON string (RFC 8259, section 7), `/` and everything beyond ASCII as it is.
    public mutating func string(_ value: String) {
        text += "\""
        if value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
            text += value
        } else {
            for scalar in value.unicodeScalars { escape(scalar) }
        }
        text += "\""
    }

    /// Appends `"key":` and a comma before it where one is due.
    public mutating func key(_ key: String) {
        if let last = text.utf8.last, last != UInt8(ascii: "{") { text += "," }
        string(key)
        text += ":"
    }

    public mutating func field(_ key: String, _ value: String) {
        self.key(key)
        string(value)
    }

    public mutating func field(_ key: String, _ value: Int) {
        self.key(key)
        text += String(value)
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": text += "\\\""
        case "\\": text += "\\\\"
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case _ where scalar.value < 0x20:
            text += scalar.value < 16 ? "\\u000" : "\\u00"
            text += String(scalar.value, radix: 16)
        default: text.unicodeScalars.append(scalar)
        }
    }
}

extension Email {
    /// The talk's JSON: `{"to":…,"subject":…,"text":…}`.
    public func write(into json: inout JSONText) {
        json.raw("{")
        json.field("to", to.text)
        json.field("subject", subject)
        json.field("text", text)
        json.raw("}")
    }
}
