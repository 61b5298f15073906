package import NIOCore

/// Reads the fields of a JSON object (RFC 8259) of strings and whole numbers, one by one, in their order. There is
/// nothing nested, so that nothing is built that is not wanted.
package struct FlatJSON {
    package typealias Field = (key: String, value: Value)

    package enum Value: Sendable, Hashable {
        case text(String)
        case number(Int)

        package var text: String? { if case .text(let text) = self { text } else { nil } }
        package var number: Int? { if case .number(let number) = self { number } else { nil } }
    }

    private let bytes: ByteBufferView
    private var at: Int
    private var isFirst = true
    /// Whether the object was read to its end, and nothing came after it.
    package private(set) var isComplete = false

    /// Nil where the line does not begin as an object does.
    package init?(_ line: ByteBuffer) {
        bytes = line.readableBytesView
        at = bytes.startIndex
        guard take(UInt8(ascii: "{")) else { return nil }
    }

    /// The next field; nil at the end, and where the line is garbled.
    package mutating func next() -> Field? {
        skipBlanks()
        if take(UInt8(ascii: "}")) {
            skipBlanks()
            isComplete = at == bytes.endIndex
            return nil
        }
        guard isFirst || take(UInt8(ascii: ",")) else { return nil }
        isFirst = false
        skipBlanks()
        guard let key = string() else { return nil }
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { return nil }
        skipBlanks()
        guard let value = value() else { return nil }
        return (key, value)
    }

    private mutating func value() -> Value? {
        if at < bytes.endIndex, bytes[at] == UInt8(ascii: "\"") { return string().map(Value.text) }
        let start = at
        while at < bytes.endIndex, bytes[at] == UInt8(ascii: "-") || (0x30...0x39).contains(bytes[at]) { at += 1 }
        return Int(String(decoding: bytes[start..<at], as: UTF8.self)).map(Value.number)
    }

    private mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")), let quote = bytes[at...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let plain = bytes[at..<quote]
        guard plain.firstIndex(of: UInt8(ascii: "\\")) == nil else { return escapedString() }
        at = quote + 1
        return String(validating: plain, as: UTF8.self)
    }

    /// A string with escapes in it: runs of plain bytes between them.
    private mutating func escapedString() -> String? {
        var unescaped: [UInt8] = []
        var run = at
        while at < bytes.endIndex {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                unescaped += bytes[run..<at]
                at += 1
                return String(validating: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                unescaped += bytes[run..<at]
                at += 1
                guard let scalar = escape() else { return nil }
                if let bytes = UTF8.encode(scalar) { unescaped.append(contentsOf: bytes) }
                run = at
            default: at += 1
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard at < bytes.endIndex else { return nil }
        let letter = bytes[at]
        at += 1
        switch letter {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "u"): return codePoint()
        default: return nil
        }
    }

    /// `XXXX`, or `XXXX\uXXXX` where the first is half of a surrogate pair.
    private mutating func codePoint() -> Unicode.Scalar? {
        guard let first = hex() else { return nil }
        guard (0xd800..<0xdc00).contains(first) else { return Unicode.Scalar(first) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = hex(),
            (0xdc00..<0xe000).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    }

    private mutating func hex() -> UInt32? {
        guard bytes.endIndex - at >= 4 else { return nil }
        let digits = bytes[at..<(at + 4)]
        guard digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else { return nil }
        at += 4
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.endIndex, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipBlanks() {
        while at < bytes.endIndex, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
    }
}
