import BgdemoFoundations

/// JSON from Redis as one line for a terminal, with the same meaning: line ends become blanks, and unprintable characters of
/// strings become `\u…`. Bytes that are not JSON are shown by `printable`.
func printableLine(ofJSON bytes: [UInt8]) -> String {
    guard (try? JSONValue(bytes)) != nil else { return printable(bytes) }
    var line = String.UnicodeScalarView()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
        switch scalar {
        // Raw in JSON only between its parts.
        case "\n", "\r", "\t": line.append(" ")
        case _ where scalar.isUnprintable:
            for unit in UTF16.encode(scalar) ?? .init() {
                let digits = String(unit, radix: 16)
                line.append(
                    contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
            }
        default: line.append(scalar)
        }
    }
    return String(line)
}
