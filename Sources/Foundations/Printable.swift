/// Text from outside, made fit for a terminal, a log line, a table or an error: no byte of it can move the cursor,
/// turn the direction of other words, begin another line or be invisible.
///
/// Control characters, marks of direction, line separators and characters of no width are shown as `\n`, `\r`, `\t`,
/// `\u001b`, and beyond U+FFFF as `\u{e0001}`. Everything else stays, quotes and backslashes too.
///
/// - Parameter limit: How many characters (Unicode scalars) are shown; what is cut ends in `…`. Default: all.
public func printable(_ text: some StringProtocol, limit: Int = .max) -> String {
    printable(String(text), limit: limit)
}

/// The same for a string.
public func printable(_ text: String, limit: Int = .max) -> String {
    if text.utf8.count <= limit, text.isPrintableASCII { return text }
    var shown = ""
    var count = 0
    for scalar in text.unicodeScalars {
        guard count < limit else { return shown + "…" }
        count += 1
        if scalar.isUnprintable { shown += scalar.escape } else { shown.unicodeScalars.append(scalar) }
    }
    return shown
}

/// The same for bytes that may not be UTF-8: an invalid byte is shown as `\x9b`.
public func printable(_ bytes: some Collection<UInt8>, limit: Int = .max) -> String {
    if bytes.isASCII { return printable(String(decoding: bytes, as: UTF8.self), limit: limit) }
    var shown = ""
    var count = 0
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var rest = bytes[...]
    while true {
        let piece = decoder.parseScalar(from: &iterator)
        if case .emptyInput = piece { return shown }
        guard count < limit else { return shown + "…" }
        count += 1
        switch piece {
        case .emptyInput: break
        case .valid(let encoded):
            let scalar = UTF8.decode(encoded)
            if scalar.isUnprintable { shown += scalar.escape } else { shown.unicodeScalars.append(scalar) }
            rest = rest.dropFirst(encoded.count)
        case .error(let length):
            for byte in rest.prefix(length) { shown += "\\x" + hexadecimal(UInt32(byte), digits: 2) }
            rest = rest.dropFirst(length)
        }
    }
}

extension Unicode.Scalar {
    /// Whether a terminal or a reader could be fooled by it: control characters (C0, DEL, C1), format characters (marks
    /// of direction, characters of no width, tags), line and paragraph separators, and fillers that look like blanks.
    public var isUnprintable: Bool {
        if value < 0x7f { return value < 0x20 }
        if value < 0xa0 { return true }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: break
        }
        switch value {
        // Combining grapheme joiner, Hangul fillers, Khmer inherent vowels, Mongolian selectors: without width.
        case 0x34f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b...0x180f, 0x3164, 0xffa0: return true
        default: return false
        }
    }

    /// How ``printable(_:limit:)`` shows it where it is not printable.
    var escape: String {
        switch self {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: value <= 0xffff ? "\\u" + hexadecimal(value, digits: 4) : "\\u{" + String(value, radix: 16) + "}"
        }
    }
}

private func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}
