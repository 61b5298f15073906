import BgdemoFoundations
import Testing

@testable import BgdemoCommandLine

@Suite struct PrintableLineTests {
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
        #expect(printableLine(ofJSON: Array(text.utf8)) == shown)
        guard let before = try? JSONValue(Array(text.utf8)), before.kind == .object else { return }
        let after = try JSONValue(Array(shown.utf8))
        #expect(before.members.map(\.value.text) == after.members.map(\.value.text))
    }

    @Test("Bytes that are not UTF-8 are shown as such")
    func invalid() {
        #expect(printableLine(ofJSON: [0x9b, 0x61]) == #"\x9ba"#)
    }
}
