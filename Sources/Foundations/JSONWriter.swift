/// JSON being written, as bytes, because a value that is spliced in need not be UTF-8. Members stand in the order they
/// are written: wire formats and their readers depend on it, and `JSONEncoder` keeps no order.
///
///     var json = JSONWriter()
///     json.object {
///         $0.member("to", "a@b.example")
///         $0.member("attempts", 3)
///     }
///
/// A comma that is due before a name or a value is written by itself.
public struct JSONWriter: Sendable {
    /// Which characters of a string are escaped.
    public enum Escapes: Sendable {
        /// Those that RFC 8259 demands, spelled as JavaScript's `JSON.stringify` does, so that node finds a value by its
        /// bytes.
        case required
        /// Those that ``printable(_:limit:)`` does not show too, as `\u…`: for a terminal.
        case printable
    }

    /// The text's bytes.
    public private(set) var bytes: [UInt8] = []
    private let escapes: Escapes

    /// - Parameters:
    ///   - capacity: How many bytes will be written, about. Default: 160.
    ///   - escapes: Default: what RFC 8259 demands.
    public init(capacity: Int = 160, escapes: Escapes = .required) {
        bytes.reserveCapacity(capacity)
        self.escapes = escapes
    }

    /// Goes on after `json`, which is JSON or its beginning.
    public init(continuing json: [UInt8]) {
        bytes = json
        escapes = .required
    }

    public var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: As it is

    /// Appends `text` as it is, without a comma: punctuation, or JSON that is written already.
    public mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends JSON that is written already, without a comma.
    public mutating func raw(_ json: [UInt8]) { bytes.append(contentsOf: json) }

    /// Appends JSON that is written already, without a comma.
    public mutating func raw(_ json: ArraySlice<UInt8>) { bytes.append(contentsOf: json) }

    /// Appends a value that is written already, after the comma that is due before it.
    public mutating func value(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    // MARK: Containers

    public mutating func object(_ write: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(UInt8(ascii: "{"))
        try write(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    public mutating func array(_ write: (inout JSONWriter) throws -> Void) rethrows {
        separate()
        bytes.append(UInt8(ascii: "["))
        try write(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Appends `"name":`.
    public mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Appends `"name":`.
    public mutating func name(_ name: ByteString) {
        string(name.bytes)
        bytes.append(UInt8(ascii: ":"))
    }

    public mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    public mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        number(value)
    }

    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        raw(value ? "true" : "false")
    }

    // MARK: Scalars

    public mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { unsafe characters($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a string of this UTF-8.
    public mutating func string(_ text: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        characters(text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a string of this UTF-8.
    public mutating func string(_ text: Span<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        unsafe text.withUnsafeBufferPointer { unsafe characters($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    public mutating func number(_ number: Int) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
    }

    public mutating func null() {
        separate()
        raw("null")
    }

    /// Appends what stands between the quotes of a string of this UTF-8.
    public mutating func characters(_ text: [UInt8]) {
        unsafe text.withUnsafeBufferPointer { unsafe characters($0) }
    }

    /// Appends the comma that is due before another name or value.
    mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"), UInt8(ascii: ","): break
        default: bytes.append(UInt8(ascii: ","))
        }
    }

    private mutating func characters(_ text: UnsafeBufferPointer<UInt8>) {
        if escapes == .printable, unsafe !text.isASCII || text.contains(0x7f) {
            return printable(unsafe String(decoding: text, as: UTF8.self))
        }
        guard unsafe text.endOfPlainCharacters(in: text.indices) < text.count else {
            return unsafe bytes.append(contentsOf: text)
        }
        let special = unsafe text.reduce(0) { $0 + ($1.isPlainInJSON ? 0 : 1) }
        // JSON inside JSON comes through here, with many quotes: appended one by one they would take three times as
        // long. The longest escape is \u0000.
        bytes += unsafe [UInt8](unsafeUninitializedCapacity: text.count + special * 5) { escaped, count in
            var place = 0
            for index in text.indices {
                let byte = unsafe text[index]
                if !byte.isPlainInJSON {
                    unsafe escaped[place] = UInt8(ascii: "\\")
                    place &+= 1
                    guard byte >= 0x20 else {
                        for digit in Self.escape(byte) {
                            unsafe escaped[place] = digit
                            place &+= 1
                        }
                        continue
                    }
                }
                unsafe escaped[place] = byte
                place &+= 1
            }
            count = place
        }
    }

    private mutating func printable(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            case _ where scalar.value < 0x20:
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(contentsOf: Self.escape(UInt8(truncatingIfNeeded: scalar.value)))
            case _ where scalar.isUnprintable:
                for unit in String(scalar).utf16 { unicodeEscape(unit) }
            default: bytes.append(contentsOf: String(scalar).utf8)
            }
        }
    }

    /// Appends `\uXXXX`.
    mutating func unicodeEscape(_ unit: UInt16) {
        let digits = String(unit, radix: 16).utf8
        raw("\\u" + String(repeating: "0", count: 4 - digits.count))
        bytes.append(contentsOf: digits)
    }

    /// What stands behind the backslash for a control character.
    private static func escape(_ byte: UInt8) -> String.UTF8View {
        switch byte {
        case 0x08: "b".utf8
        case 0x09: "t".utf8
        case 0x0a: "n".utf8
        case 0x0c: "f".utf8
        case 0x0d: "r".utf8
        default: ((byte < 0x10 ? "u000" : "u00") + String(byte, radix: 16)).utf8
        }
    }
}
