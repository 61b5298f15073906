import BgdemoEmail
import Testing

@Suite("A domain has an ASCII wire form")
struct DomainTests {
    /// From RFC 3492, section 7.1 (those of one label that IDNA 2008 permits), and from registries.
    @Test(
        "A domain is encoded by Punycode",
        arguments: [
            ("münchen.de", "xn--mnchen-3ya.de"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("mail.BüCHer.Example", "mail.xn--bcher-kva.Example"),
            ("straße.example", "xn--strae-oqa.example"),
            ("βόλος.example", "xn--nxasmm1c.example"),
            ("日本語.jp", "xn--wgv71a119e.jp"),
            ("新华网.中国", "xn--xkrr14bows.xn--fiqs8s"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("ПРИМЕР.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
            ("उदाहरण.परीक्षा", "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g"),
            ("ตัวอย่าง.ไทย", "xn--72c1a1bt4awk9o.xn--o3cw4h"),
            ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
            ("실례.테스트", "xn--9n2bp8q.xn--9t4b11yi5a"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("他們爲什麽不說中文", "xn--ihqwctvzc91f659drss3x8bo0yb"),
            ("pročprostěnemluvíčesky", "xn--proprostnemluvesky-uyb24dma41a"),
            ("למההםפשוטלאמדבריםעברית", "xn--4dbcagdahymbxekheh6e0a7fei0b"),
            ("почемужеонинеговорятпорусски", "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l"),
            ("porquénopuedensimplementehablarenespañol", "xn--porqunopuedensimplementehablarenespaol-fmd56a"),
            ("tạisaohọkhôngthểchỉnóitiếngviệt", "xn--tisaohkhngthchnitingvit-kjcr8268qyxafd2f1b9g"),
            ("3年b組金八先生", "xn--3b-ww4c5e180e575a65lsy2b"),
            ("パフィーdeルンバ", "xn--de-jg4avhby1noc0d"),
            ("そのスピードで", "xn--d9juau41awczczp"),
        ])
    func punycode(domain: String, ascii: String) throws {
        #expect(try Address("a@" + domain).domain == ascii)
    }

    @Test(
        "A domain that IDNA 2008 does not allow is refused",
        arguments: [
            ("mu\u{308}nchen.de", "U+0308"),  // NFD of ü
            ("e\u{301}.example", "U+0301"),
            ("か\u{3099}.example", "U+3099"),  // NFD of が
            ("\u{1112}\u{1161}\u{11ab}.example", "U+1112"),  // NFD of 한
            ("İ.example", "U+0307"),  // its lower case is i and a dot above
            ("ｅｘａｍｐｌｅ.org", "U+FF45"),
            ("example。org", "U+3002"),
            ("example．org", "U+FF0E"),
            ("ﬁ.example", "U+FB01"),
            ("①.example", "U+2460"),
            ("𝐚.example", "U+1D41A"),
            ("☕.example", "U+2615"),
            ("😀.example", "U+1F600"),
            ("\u{f900}.example", "U+F900"),
            ("a\u{338}.example", "U+0338"),
            ("ü\u{200b}.example", "U+200B"),
            ("ü\u{202e}.example", "U+202E"),
            ("ü\u{ad}.example", "U+00AD"),
            ("ü\u{a0}.example", "U+00A0"),
            ("ü\u{ff0f}.example", "U+FF0F"),
            ("℀.example", "U+2100"),
            ("例\u{3164}.example", "U+3164"),
            ("\u{e000}.example", "U+E000"),
            ("x.\u{93e}evil.example", "combining mark"),
            ("\u{93e}x.example", "combining mark"),
            ("ü,b.example", "one recipient only"),
            ("ü b.example", "\" \" may not"),
            ("ü>.example", "\">\" may not"),
            ("ü\r\n.example", "control character"),
            ("ü\u{0}.example", "control character"),
            ("ü..example", "an empty label"),
            ("ü.", "ends with a dot"),
            (".ü", "an empty label"),
        ])
    func refused(domain: String, reason: String) {
        let error = #expect(throws: InvalidEmail.self) { try Address("a@" + domain) }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "no reason")")
    }
}
