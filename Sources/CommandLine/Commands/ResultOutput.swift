import BgdemoFoundations
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Prints what a command has found: a table for a person, or JSON for a program. Neither has a character that a terminal
/// would obey.
enum ResultOutput {
    static func show(_ rows: some Encodable, asJSON: Bool, table: @autoclosure () -> Table) throws {
        print(asJSON ? try json(rows) : table().text)
        flush()
    }

    /// Prints a sentence, in which there may be names from outside.
    static func say(_ sentence: String) {
        print(printable(sentence))
        flush()
    }

    /// To a pipe or a file output is buffered. A command that runs on has said it when it is out.
    private static func flush() { fflush(nil) }

    static func json(_ rows: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escaped(try encoder.encode(rows))
    }

    /// JSON from Redis as one line, with the same meaning. Bytes that are not JSON are shown by `printable`.
    static func line(ofJSON bytes: [UInt8]) -> String {
        (try? JSONValue(bytes)) == nil ? printable(bytes) : escaped(bytes)
    }

    /// JSON as one line, in which every unprintable character is escaped as `\u`.
    static func escaped(_ json: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: Array(json), as: UTF8.self).unicodeScalars {
            if scalar == "\n" || scalar == "\r" || scalar == "\t" {
                // Between the parts of a JSON text these mean as much as a blank; a string has none of them.
                text.append(" ")
            } else if scalar.isUnprintable {
                for unit in UTF16.encode(scalar) ?? .init() {
                    let digits = String(unit, radix: 16)
                    text.append(
                        contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars)
                }
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }
}
