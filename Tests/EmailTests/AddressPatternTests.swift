import BgdemoEmail
import Testing

@Suite("A pattern of addresses")
struct AddressPatternTests {
    @Test(
        "A pattern matches runs of characters and ignores the case of ASCII letters",
        arguments: [
            ("*@example.org", "a@example.org", true), ("*@example.org", "A@EXAMPLE.Org", true),
            ("*@example.org", "a@example.orgx", false), ("*@example.org", "a@sub.example.org", false),
            ("*@*.example.org", "a@sub.example.org", true), ("bob@*", "bob@x.example", true),
            ("b*b@x.example", "bob@x.example", true), ("b*b@x.example", "bb@x.example", true),
            ("you@example.org", "you@example.org", true), ("you@example.org", "me@example.org", false),
            ("*", "a@b.example", true), ("**@**", "a@b.example", true),
            ("*a*a*a*b@c.example", "aaaaaaa@c.example", false),
            // The KELVIN SIGN folds to k in Unicode.
            ("bob@k.example", "bob@\u{212a}.example", false), ("k@b.example", "\u{212a}@b.example", false),
            // A domain beyond ASCII, in each of its forms.
            ("*@b\u{fc}cher.example", "a@b\u{fc}cher.example", true),
            ("*@b\u{fc}cher.example", "a@xn--bcher-kva.example", true),
            ("*@xn--bcher-kva.example", "a@b\u{fc}cher.example", true),
            ("*@*.b\u{fc}cher.example", "a@x.b\u{fc}cher.example", true),
            ("j\u{f6}rg@*", "j\u{f6}rg@b.example", true), ("j\u{f6}rg@*", "J\u{d6}RG@b.example", false),
        ])
    func matches(_ pattern: String, _ address: String, _ isMatch: Bool) throws {
        // An address of that spelling may not exist, and then matches nothing.
        let address = try? Address(address)
        #expect(try address.map { try AddressPattern(pattern).matches($0) } ?? false == isMatch)
    }

    @Test(
        "A pattern that no address can match is refused",
        arguments: ["", " ", "a b", "*@b\u{7f}", "*b\u{fc}@*b\u{fc}cher.example", String(repeating: "a", count: 255)])
    func refused(_ text: String) {
        #expect(throws: InvalidEmail.self) { try AddressPattern(text) }
    }

    @Test("A list of patterns is separated by commas or blanks and is not empty")
    func lists() throws {
        let patterns = try AddressPattern.list(" *@a.example, *@b.example\n,*@c.example ")
        #expect(patterns.map(\.description) == ["*@a.example", "*@b.example", "*@c.example"])
        for text in ["", " ", ",", " , ,\t"] { #expect(throws: InvalidEmail.self) { try AddressPattern.list(text) } }
    }

    @Test("Matching takes at most the product of both lengths")
    func worstCase() throws {
        let pattern = try AddressPattern(String(repeating: "*a", count: 100) + "b@c.example")
        let address = try Address(String(repeating: "a", count: 64) + "@c.example")
        #expect(!pattern.matches(address))
    }

    @Test(
        "A local part that may be a route to another host",
        arguments: [
            ("victim%victim.test@example.org", true), ("victim.test!bang@example.org", true),
            (#""quoted@victim.test"@example.org"#, true), (#""qp%victim.test"@example.org"#, true),
            (#""@relay.test:route@victim.test"@example.org"#, true), (#""a,b"@example.org"#, true),
            ("you@example.org", false), ("a+b=c/d@example.org", false), (#""john doe"@example.org"#, false),
        ])
    func routes(_ text: String, _ isRoute: Bool) throws {
        #expect(try Address(text).couldBeRoute == isRoute)
    }
}
