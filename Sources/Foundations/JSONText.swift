/// JSON as text, keys in the order they are written: wire formats and their readers depend on it, and `JSONEncoder`
/// keeps no order.
public struct JSONText: Sendable {
    /// The text's UTF-8.
    public private(set) var bytes: [UInt8]

    public init(capacity: Int = 160) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Appends `text` as it is: punctuation, numbers, or JSON that is already written.
    public mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends `value` as a JSON string (RFC 8259, section 7), `/` and everything beyond ASCII as it is.
    public mutating func string(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        if value.everyByte({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5c }) {
            bytes.append(contentsOf: value.utf8)
        } else {
            for byte in value.utf8 { escape(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends `"key":` and a comma before it where one is due. Keys are this program's own words, written as they are.
    public mutating func key(_ key: String) {
        if let last = bytes.last, last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        raw(key)
        raw("\":")
    }

    public mutating func field(_ key: String, _ value: String) {
        self.key(key)
        string(value)
    }

    public mutating func field(_ key: String, _ value: Int) {
        self.key(key)
        raw(String(value))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case 0x0a: raw("\\n")
        case 0x0d: raw("\\r")
        case 0x09: raw("\\t")
        case ..<0x20: raw((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
        default: bytes.append(byte)
        }
    }
}
