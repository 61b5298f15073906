import BgdemoEmail
import Testing

@Suite("An address is one mailbox and not a character beside it")
struct AddressTests {
    private static let longLocal = String(repeating: "a", count: 64)
    private static let longLabel = String(repeating: "b", count: 63)
    /// 189 bytes.
    private static let longDomain = [longLabel, longLabel, String(repeating: "c", count: 61)].joined(separator: ".")

    @Test(
        "A valid address is accepted and has a wire form",
        arguments: [
            ("you@example.org", "you@example.org"),
            ("evan.tahler+talk@example.co.uk", "evan.tahler+talk@example.co.uk"),
            ("a@b", "a@b"),
            ("root@localhost", "root@localhost"),
            ("!#$%&'*+-/?=^_`{|}~@example.org", "!#$%&'*+-/?=^_`{|}~@example.org"),
            ("!#$%&'*+-/=?^_`{|}~@ok.test", "!#$%&'*+-/=?^_`{|}~@ok.test"),
            // No encoded word: one needs both ends.
            ("=?a@example.org", "=?a@example.org"), ("a?=b@example.org", "a?=b@example.org"),
            ("=?=@example.org", "=?=@example.org"),
            ("user%host@example.org", "user%host@example.org"),
            ("a/b@example.org", "a/b@example.org"),
            ("x-@example.org", "x-@example.org"),
            ("1@1.example", "1@1.example"),
            ("You@EXAMPLE.Org", "You@EXAMPLE.Org"),
            ("a@xn--mnchen-3ya.de", "a@xn--mnchen-3ya.de"),
            ("a@a--b.example", "a@a--b.example"),
            ("a@123.example", "a@123.example"),
            ("a@example.1a", "a@example.1a"),
            ("\(longLocal)@example.org", "\(longLocal)@example.org"),
            ("a@\(longLabel).org", "a@\(longLabel).org"),
            ("\(longLocal)@\(longDomain)", "\(longLocal)@\(longDomain)"),
            // Quoted.
            (#""john doe"@example.org"#, #""john doe"@example.org"#),
            (#""a@b"@example.org"#, #""a@b"@example.org"#),
            (#""a\"b"@example.org"#, #""a\"b"@example.org"#),
            (#""a\\"@example.org"#, #""a\\"@example.org"#),
            (#""a,b"@example.org"#, #""a,b"@example.org"#),
            (#""..'"@example.org"#, #""..'"@example.org"#),
            (#""> SIZE=1 <"@example.org"#, #""> SIZE=1 <"@example.org"#),
            // Literals.
            ("a@[192.0.2.1]", "a@[192.0.2.1]"),
            ("a@[0.0.0.0]", "a@[0.0.0.0]"),
            ("a@[255.255.255.255]", "a@[255.255.255.255]"),
            ("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"),
            ("a@[ipv6:2001:DB8::1]", "a@[ipv6:2001:DB8::1]"),
            ("a@[IPv6:::]", "a@[IPv6:::]"),
            ("a@[IPv6:::1]", "a@[IPv6:::1]"),
            ("a@[IPv6:1::]", "a@[IPv6:1::]"),
            ("a@[IPv6:1:2:3:4:5:6:7:8]", "a@[IPv6:1:2:3:4:5:6:7:8]"),
            ("a@[IPv6:1:2:3:4:5:6:192.0.2.1]", "a@[IPv6:1:2:3:4:5:6:192.0.2.1]"),
            ("a@[IPv6:::ffff:192.0.2.1]", "a@[IPv6:::ffff:192.0.2.1]"),
            // Beyond ASCII, before the @.
            ("jörg@example.org", "jörg@example.org"),
            ("用户@example.org", "用户@example.org"),
            ("😀@example.org", "😀@example.org"),
            ("jo\u{308}rg@example.org", "jo\u{308}rg@example.org"),
        ])
    func taken(text: String, mailbox: String) throws {
        let address = try Address(text)
        #expect(address.mailbox.utf8.elementsEqual(mailbox.utf8))
        #expect(address.text.utf8.elementsEqual(text.utf8))
        #expect(address.needsSMTPUTF8 == !address.localPart.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test(
        "An invalid address is refused with the rule that it breaks",
        arguments: [
            ("", "empty"),
            ("you", "has an @"),
            ("@example.org", "nothing before the @"),
            ("you@", "nothing after the @"),
            ("@", "nothing before the @"),
            // More than one.
            ("a@b.example,c@d.example", "one recipient only"),
            ("a@b.example;c@d.example", "one recipient only"),
            ("a@b.example, c@d.example", "one recipient only"),
            ("a@b@c.example", "one recipient only"),
            ("a,b@c.example", "one recipient only"),
            ("a@b.example,", "one recipient only"),
            ("a@b.example c@d.example", "one recipient only"),
            // More than the address.
            ("<a@b.example>", "without < and >"),
            ("<a@b.example> SIZE=1", "without < and >"),
            ("a@b.example> SIZE=1", "\">\" may not"),
            ("a@b.example>", "\">\" may not"),
            ("You <a@b.example>", "\" \" may not"),
            ("a@b.example (comment)", "\" \" may not"),
            ("(c)a@b.example", "\"(\" may not"),
            ("mailto:a@b.example", "\":\" may not"),
            ("@relay.example:a@b.example", "one recipient only"),
            ("group:a@b.example;", "\":\" may not"),
            // Controls.
            ("a@b.example\r\nDATA", "control character"),
            ("a@b.example\r\nRCPT TO:<c@d.example>", "one recipient only"),
            ("a@b.example\n", "control character"),
            ("a@b.example\r", "control character"),
            ("\na@b.example", "control character"),
            ("a\r\n@b.example", "control character"),
            ("a\u{0}@b.example", "control character"),
            ("a@b\u{0}.example", "control character"),
            ("a@b.example\u{0}", "control character"),
            ("a\u{7f}@b.example", "control character"),
            ("a\t@b.example", "control character"),
            ("a\u{85}@b.example", "U+0085"),
            ("a\u{9b}@b.example", "U+009B"),
            ("a@b\u{85}.example", "U+0085"),
            // Blanks.
            (" a@b.example", "\" \" may not"),
            ("a@b.example ", "\" \" may not"),
            ("a b@c.example", "\" \" may not"),
            ("a\u{a0}@b.example", "U+00A0"),
            ("a\u{3000}@b.example", "U+3000"),
            ("a\u{2028}@b.example", "U+2028"),
            ("a\u{2029}@b.example", "U+2029"),
            // Dots and dashes.
            (".a@b.example", "a dot stands first"),
            ("a..b@c.example", "twice in a row"),
            ("a.@b.example", "a dot stands last"),
            ("a@.b.example", "an empty label"),
            ("a@b..example", "an empty label"),
            ("a@b.example.", "ends with a dot"),
            ("a@.", "an empty label"),
            ("-a@b.example", "begin with a dash"),
            ("-oQ/tmp@b.example", "begin with a dash"),
            (#""-oQ/tmp"@b.example"#, "begin with a dash"),
            ("a@-b.example", "begins with a dash"),
            ("a@b-.example", "ends with a dash"),
            ("a@b.example-", "ends with a dash"),
            ("a@b_c.example", "\"_\" may not"),
            ("a@b!c", "\"!\" may not"),
            ("a@b%c.example", "\"%\" may not"),
            ("a@b/c", "\"/\" may not"),
            ("a@b:25", "\":\" may not"),
            (#"a\b@c.example"#, #""\" may not"#),
            // Quotes.
            (#""@b.example"#, "not closed"),
            (#"""@b.example"#, "empty or not closed"),
            (#""a@b.example"#, "not closed"),
            (#""a"b@c.example"#, "not closed"),
            (#"a"b"@c.example"#, "may not"),
            (#""a\"@b.example"#, "not closed"),
            (#""a"b"@c.example"#, "needs a backslash"),
            ("\"a\r\nb\"@c.example", "printable ASCII"),
            ("\"a\tb\"@c.example", "printable ASCII"),
            ("\"a\u{0}\"@c.example", "printable ASCII"),
            ("\"jörg\"@c.example", "printable ASCII"),
            // Encoded words.
            ("=?utf-8?q?a?=@b.example", "encoded word"),
            ("x=?utf-8?q?=41=40?=@b.example", "encoded word"),
            (#""=?utf-8?q?a?="@b.example"#, "encoded word"),
            ("a@=?utf-8?q?b?=", "may not"),
            // Lengths.
            ("\(longLocal)a@example.org", "longer than 64"),
            ("\"\(longLocal)\"@example.org", "longer than 64"),
            ("a@\(longLabel)b.org", "longer than 63"),
            ("a@\(longDomain).\(longLabel)", "longer than 254"),
            ("a@" + String(repeating: "a.", count: 126) + "b", "longer than 254"),
            ("a@" + String(repeating: "日", count: 70) + ".example", "longer than 63"),
            ("\(longLocal)@" + String(repeating: "日.", count: 23) + "日", "254 bytes in ASCII"),
            ("日@" + String(repeating: "a", count: 1 << 20), "longer than 254"),
            // Literals.
            ("a@[", "not closed"),
            ("a@[]", "in brackets"),
            ("a@[192.0.2.1", "not closed"),
            ("a@[192.0.2.1].example", "not closed"),
            ("a@192.0.2.1", "stands in brackets"),
            ("a@2130706433", "stands in brackets"),
            ("a@[192.0.2]", "in brackets"),
            ("a@[192.0.2.256]", "in brackets"),
            ("a@[192.0.2.1.1]", "in brackets"),
            ("a@[192.0.2.01]", "in brackets"),
            ("a@[0300.0.2.1]", "in brackets"),
            ("a@[0x7f.0.0.1]", "in brackets"),
            ("a@[192.0.2.+1]", "in brackets"),
            ("a@[192.0.2.-0]", "in brackets"),
            ("a@[192.0.2.１]", "in brackets"),
            ("a@[2001:db8::1]", "in brackets"),
            ("a@[IPv6:]", "in brackets"),
            ("a@[IPv6::]", "in brackets"),
            ("a@[IPv6:::: ]", "in brackets"),
            ("a@[IPv6::::]", "in brackets"),
            ("a@[IPv6:1::2::3]", "in brackets"),
            ("a@[IPv6:1:2:3:4:5:6:7]", "in brackets"),
            ("a@[IPv6:1:2:3:4:5:6:7:8:9]", "in brackets"),
            ("a@[IPv6:1:2:3:4:5:6:7::]", "in brackets"),
            ("a@[IPv6:12345::]", "in brackets"),
            ("a@[IPv6:g::]", "in brackets"),
            ("a@[IPv6:-0::1]", "in brackets"),
            ("a@[IPv6:+1::1]", "in brackets"),
            ("a@[IPv6:fe80::1%eth0]", "in brackets"),
            ("a@[IPv6:192.0.2.1::]", "in brackets"),
            ("a@[IPv6:::192.0.2.1:1]", "in brackets"),
            ("a@[IPv6:::1\u{301}]", "in brackets"),
            ("a@[\u{301}192.0.2.1]", "in brackets"),
            ("a@[192.0.2.1\r\n]", "in brackets"),
            ("a@[192.0.2.1> SIZE=1]", "in brackets"),
            // Beyond ASCII, before the @: what shows nothing, or shows another order.
            ("a\u{200b}@b.example", "U+200B"),
            ("a\u{200d}@b.example", "U+200D"),
            ("a\u{202e}@b.example", "U+202E"),
            ("a\u{2066}@b.example", "U+2066"),
            ("a\u{feff}@b.example", "U+FEFF"),
            ("a\u{ad}@b.example", "U+00AD"),
            ("a\u{3164}@b.example", "U+3164"),
            ("a\u{fe0f}@b.example", "U+FE0F"),
            ("a\u{e000}@b.example", "U+E000"),
            ("a\u{ffff}@b.example", "U+FFFF"),
            ("a\u{378}@b.example", "U+0378"),
            ("a\u{e0041}@b.example", "U+E0041"),
        ])
    func refused(text: String, reason: String) {
        let error = #expect(throws: InvalidEmail.self) { try Address(text) }
        #expect(error?.field == .to)
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no reason")")
        #expect(error?.reason.unicodeScalars.contains { $0.properties.generalCategory == .control } == false)
    }

    @Test("No address has a control character, a blank outside quotes or a second @ in its wire form")
    func neverInjects() {
        var generator = RandomText(seed: 1)
        for _ in 0..<20_000 {
            guard let address = try? Address(generator.address()) else { continue }
            let mailbox = Array(address.mailbox.utf8)
            #expect(!mailbox.contains { $0 < 0x20 || $0 == 0x7f })
            #expect(mailbox.count <= 254)
            let domain = Array(address.domain.utf8)
            #expect(domain.allSatisfy { $0 > 0x20 && $0 < 0x7f && !Array("<>,;@\"\\()".utf8).contains($0) })
            guard address.localPart.utf8.first != UInt8(ascii: "\"") else { continue }
            #expect(!address.localPart.utf8.contains { Array(" <>,;@\"\\()[]".utf8).contains($0) })
        }
    }
}
