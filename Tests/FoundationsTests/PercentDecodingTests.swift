import BgdemoFoundations
import Testing

@Suite struct PercentDecodingTests {
    @Test("Escapes are decoded once, as strict UTF-8")
    func percent() throws {
        #expect(try PercentDecoding.text("a%20b%2F%252F+".utf8) == "a b/%2F+")
        #expect(try PercentDecoding.text("a+%2B".utf8, plusIsSpace: true) == "a +")
        #expect(try PercentDecoding.text("%c3%A4".utf8) == "ä")
        for broken in ["%", "%4", "%-0", "%+1", "%g0", "%%20", "a%2"] {
            #expect(throws: PercentDecodingError.invalidEscape) { try PercentDecoding.decode(broken.utf8) }
        }
        #expect(throws: PercentDecodingError.notUTF8) { try PercentDecoding.text("%ff".utf8) }
        #expect(throws: PercentDecodingError.notUTF8) { try PercentDecoding.text("%c0%80".utf8) }
    }

    @Test("Control characters are refused where they may not be", arguments: ["%00", "%0d%0a", "%1b", "%7f", "%c2%9b"])
    func controls(_ text: String) throws {
        #expect(throws: PercentDecodingError.controlCharacter) {
            try PercentDecoding.text(text.utf8, controls: .refused)
        }
        #expect(throws: Never.self) { try PercentDecoding.text(text.utf8) }
    }
}
