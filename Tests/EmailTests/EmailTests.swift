import BgdemoEmail
import Testing

@Suite("An e-mail has passed every rule")
struct EmailTests {
    @Test(
        "A subject is a line in any language",
        arguments: [
            "x", " ", "hello", "=?utf-8?q?x?=", "שלום", "👩‍👩‍👧", "a\u{301}", "%0d%0aBcc: x@y.example", "\\r\\n", "\u{a0}",
            String(repeating: "x", count: 998), String(repeating: "é", count: 499),
        ])
    func subject(_ subject: String) throws {
        let email = try Email(to: "a@b.example", subject: subject, text: "x")
        #expect(email.subject.utf8.elementsEqual(subject.utf8))
    }

    @Test(
        "An empty or long subject, or one with a control character, is refused",
        arguments: [
            ("", "empty"),
            (String(repeating: "x", count: 999), "longer than 998"),
            (String(repeating: "é", count: 500), "longer than 998"),
            ("a\r\nBcc: c@d.example", "control character"),
            ("a\r\n\r\nbody", "control character"),
            ("a\nb", "control character"),
            ("a\rb", "control character"),
            ("\n", "control character"),
            ("a\r\n", "control character"),
            ("a\tb", "control character"),
            ("a\u{0}b", "control character"),
            ("a\u{1b}[2J", "control character"),
            ("a\u{7f}", "control character"),
            ("a\u{80}", "control character"),
            ("a\u{85}Bcc: c@d.example", "control character"),
            ("a\u{9f}", "control character"),
        ])
    func badSubject(subject: String, reason: String) {
        let error = #expect(throws: InvalidEmail.self) { try Email(to: "a@b.example", subject: subject, text: "x") }
        #expect(error?.field == .subject)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no reason")")
    }

    @Test(
        "A text may have lines and tabs",
        arguments: [
            "x", ".", "\n", "\r\n", "\r", "\t", " ", "a\r\n.\r\nQUIT\r\n", "שלום", "\u{a0}\u{bf}À", "\u{2028}",
            String(repeating: "x", count: Email.maximumTextBytes),
        ])
    func text(_ text: String) throws {
        #expect(try Email(to: "a@b.example", subject: "x", text: text).text.utf8.elementsEqual(text.utf8))
    }

    @Test(
        "An empty or long text, or one with another control character, is refused",
        arguments: [
            ("", "empty"),
            (String(repeating: "x", count: Email.maximumTextBytes + 1), "longer than 1048576 bytes"),
            ("a\u{0}b", "control character"),
            ("a\u{8}b", "control character"),
            ("a\u{b}b", "control character"),
            ("a\u{c}b", "control character"),
            ("a\u{1a}", "control character"),
            ("a\u{1b}[2J", "control character"),
            ("a\u{7f}b", "control character"),
            ("a\u{80}b", "control character"),
            ("a\u{85}b", "control character"),
            ("é\u{9b}31m", "control character"),
        ])
    func badText(text: String, reason: String) {
        let error = #expect(throws: InvalidEmail.self) { try Email(to: "a@b.example", subject: "x", text: text) }
        #expect(error?.field == .text)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no reason")")
    }

    @Test("Mails are compared and hashed as bytes, in linear time")
    func bytes() throws {
        let marks = String(repeating: "\u{301}\u{323}", count: 100_000)
        let (one, other) = (try Email(to: "a@b.example", subject: "s", text: "a\(marks)"), "a\(marks)x")
        let clock = ContinuousClock()
        let time = try clock.measure {
            let changed = try Email(id: one.id, to: "a@b.example", subject: "s", text: other)
            #expect(one != changed)
            #expect(Set([one, one, changed]).count == 2)
        }
        #expect(time < .seconds(5))
        // Two spellings of one letter are two texts.
        let composed = try Email(id: one.id, to: "a@b.example", subject: "s", text: "\u{fc}")
        let decomposed = try Email(id: one.id, to: "a@b.example", subject: "s", text: "u\u{308}")
        #expect(composed != decomposed)
    }
}
