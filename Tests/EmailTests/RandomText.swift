import BgdemoFoundations
import BgdemoTestSupport

/// Texts put together at random from what is hostile to a mail program.
struct RandomText {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func address() -> String {
        join(
            [
                "a", "Z", "9", "@", "@", "b.example", ".", "-", "\"", "\\", "<", ">", ",", ";", " ", "\t", "\r\n", "\n",
                "\u{0}", "=?", "?=", "[", "]", "[192.0.2.1]", "IPv6:", "::1", "ü", "日", "\u{301}", "\u{93e}",
                "\u{200d}",
                "\u{3002}", "xn--", "_", "%", "ß",
            ], upTo: 8)
    }

    mutating func subject() -> String {
        join(
            [
                "a", "word ", " ", "  ", "=?", "?=", "=?utf-8?q?a?=", "_", "=", "?", "\"", "\\", ":", ",", "ü", "日本",
                "👩‍👩‍👧", "שלום", "\u{301}",
            ],
            upTo: 60)
    }

    mutating func text() -> String {
        join(
            [
                "a", "word ", " ", "\t", ".", "..", "=", "=\r\n", "=3D", "\r", "\n", "\r\n", "\n\n", "From ", "--", "ü",
                "日本",
                "👩‍👩‍👧", "שלום", "\u{2028}", String(repeating: "x", count: 75), String(repeating: "é", count: 40),
            ], upTo: 80)
    }

    mutating func data() -> [UInt8] {
        (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private mutating func join(_ pieces: [String], upTo most: Int) -> String {
        var text = ""
        for _ in 0...Int.random(in: 0..<most, using: &random) {
            text += pieces[Int.random(in: 0..<pieces.count, using: &random)]
        }
        return text
    }
}
