import BgdemoFoundations
import Foundation
import Testing

@testable import BgdemoCommandLine

@Suite("Foreign text in the output of commands")
struct ResultOutputTests {
    private static let foreign = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{2028}c\u{200b}\u{7f}\u{e0041}é"

    @Test("A table has no character that a terminal obeys, and one line for each row")
    func table() {
        let text = Table(["name", "text"], [[Self.foreign, "x\ny"]], below: ["paused: \(Self.foreign)"]).text
        #expect(text.split(separator: "\n").count == 3)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !$0.properties.generalCategory.isUnprintable })
        #expect(text.contains("é"))
    }

    @Test("JSON escapes them, and is read as what it was")
    func json() throws {
        let text = try ResultOutput.json([Self.foreign])
        #expect(text.unicodeScalars.allSatisfy { !$0.properties.generalCategory.isUnprintable })
        #expect(text.contains("\\u202e") && text.contains("é"))
        #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == [Self.foreign])
    }

    @Test(
        "An event is one line without control characters, and JSON keeps its meaning",
        arguments: [
            (#"{"a":"b"}"#, #"{"a":"b"}"#), ("{\n\t\"a\":\r1}", #"{  "a": 1}"#),
            ("{\"a\":\"\u{202e}x\"}", #"{"a":"\u202ex"}"#),
            ("{\"a\":\"\u{9b}31m\"}", #"{"a":"\u009b31m"}"#), ("{\"a\":\"\u{e0001}\"}", #"{"a":"\udb40\udc01"}"#),
            ("\u{1b}[31mred", #"\u001b[31mred"#), ("\u{1b}]0;title\u{7}", #"\u001b]0;title\u0007"#),
            ("{\"a\":\"\u{1b}\"}", #"{"a":"\u001b"}"#), ("{\"a\":\"é字\"}", #"{"a":"é字"}"#),
        ])
    func line(text: String, shown: String) throws {
        #expect(ResultOutput.line(ofJSON: Array(text.utf8)) == shown)
        guard let before = try? JSONValue(Array(text.utf8)), before.kind == .object else { return }
        let after = try JSONValue(Array(shown.utf8))
        #expect(before.members.map(\.value.text) == after.members.map(\.value.text))
    }

    @Test("Bytes that are not UTF-8 are shown as such")
    func invalid() {
        #expect(ResultOutput.line(ofJSON: [0x9b, 0x61]) == #"\x9ba"#)
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isUnprintable: Bool {
        switch self {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
