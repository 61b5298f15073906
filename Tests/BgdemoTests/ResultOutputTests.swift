import Foundation
import Testing

@testable import BgdemoCommandLine

@Suite("Foreign text in the output of commands")
struct ResultOutputTests {
    private static let foreign = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{2028}c\u{200b}\u{7f}\u{e0041}é"

    @Test("A table has no character that a terminal obeys, and one line for each row")
    func table() {
        let text = Table(["name", "text"], [[Self.foreign, "x\ny"]]).text
        #expect(text.split(separator: "\n").count == 2)
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

    @Test("An event on several lines becomes one, with the same value")
    func event() throws {
        let text = ResultOutput.escaped("{\r\n\t\"a\":\"\u{9b}\"}".utf8)
        #expect(text == "{   \"a\":\"\\u009b\"}")
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
