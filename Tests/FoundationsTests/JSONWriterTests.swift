import BgdemoFoundations
import Testing

@Suite struct JSONWriterTests {
    @Test("Commas come by themselves, members in their order")
    func structure() {
        var json = JSONWriter()
        json.object {
            $0.member("a", "x")
            $0.member("b", 2)
            $0.member("c", true)
            $0.name("d")
            $0.array {
                $0.number(1)
                $0.string("y")
                $0.null()
                $0.object { _ in }
                $0.array { $0.array { _ in } }
            }
            $0.name(ByteString("e"))
            $0.raw([0x31])
            $0.member("f", "")
        }
        #expect(json.text == #"{"a":"x","b":2,"c":true,"d":[1,"y",null,{},[[]]],"e":1,"f":""}"#)
    }

    @Test("A raw beginning may be gone on with")
    func raw() {
        var json = JSONWriter()
        json.raw(#"{"class":"#)
        json.string("a")
        json.member("b", 1)
        json.raw("}")
        #expect(json.text == #"{"class":"a","b":1}"#)
        var more = JSONWriter(continuing: Array(#"{"a":1"#.utf8))
        more.member("b", 2)
        #expect(more.text == #"{"a":1,"b":2"#)
    }

    @Test("Strings have JSON.stringify's escapes and no others")
    func escapes() {
        var json = JSONWriter()
        json.string("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f} \"\\/\u{7f}é\u{2028}👋")
        #expect(json.text == #""\u0000\b\t\n\u000b\f\r\u001f \"\\/"# + "\u{7f}é\u{2028}👋\"")
    }

    @Test("For a terminal everything that is not printable is escaped too")
    func printableEscapes() throws {
        let text = "\u{1b}\u{7f}\u{9b}é\u{2028}\u{202e}\u{e0041}\"\n"
        var json = JSONWriter(escapes: .printable)
        json.string(text)
        #expect(json.text == #""\u001b\u007f\u009bé\u2028\u202e\udb40\udc41\"\n""#)
        #expect(try JSONValue(json.bytes).text == text)
        var plain = JSONWriter(escapes: .printable)
        plain.string("\u{7f}")
        #expect(plain.text == #""\u007f""#)
    }

    @Test("What is written is read as what it was", arguments: 0..<200)
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let text = String(
            String.UnicodeScalarView(
                (0..<Int.random(in: 0..<40, using: &random)).compactMap { _ in
                    Unicode.Scalar(
                        UInt32.random(in: 0..<(Bool.random(using: &random) ? 0x80 : 0x11_0000), using: &random))
                }))
        for escapes in [JSONWriter.Escapes.required, .printable] {
            var json = JSONWriter(escapes: escapes)
            json.object { $0.member(text, text) }
            let object = try JSONObject(json.bytes)
            #expect(object[ByteString(text)]?.text?.hasSameBytes(as: text) == true)
        }
    }

    @Test("Bytes that are not UTF-8 pass as they are")
    func bytes() {
        var json = JSONWriter()
        json.string([0xff, 0x22])
        #expect(json.bytes == [0x22, 0xff, 0x5c, 0x22, 0x22])
    }

    /// The expected spellings are node 20's.
    @Test(
        "The canonical form is JavaScript's",
        arguments: [
            (#" { "b" : 1 , "a" : [ ] } "#, #"{"b":1,"a":[]}"#),
            (
                #"{"b":1,"10":2,"9":3,"01":4,"-1":5,"4294967294":6,"4294967295":7}"#,
                #"{"9":3,"10":2,"4294967294":6,"b":1,"01":4,"-1":5,"4294967295":7}"#
            ),
            (#"{"a":1,"b":2,"\u0061":3}"#, #"{"a":3,"b":2}"#),
            (#""\u00e4\/\u001F\u007f\ud83d\udc4b""#, "\"ä/\\u001f\u{7f}👋\""),
            (#""\uD83D \uDC4B\n\\u\ud83d\ud83d\udc4b""#, #""\ud83d \udc4b\n\\u\ud83d👋""#),
            (
                "[1.0,1e3,-0,0.0,1e21,1e20,123456789012345680000,1.5e300,1e-6,1e-7,0.1,5e-324,1e999,-1e999]",
                "[1,1000,0,0,1e+21,100000000000000000000,123456789012345680000,1.5e+300,0.000001,1e-7,0.1,5e-324,null,null]"
            ),
            (
                "[9007199254740993,0.30000000000000004,1.7976931348623157e308,-1.25E+2,100,1234.5678]",
                "[9007199254740992,0.30000000000000004,1.7976931348623157e+308,-125,100,1234.5678]"
            ),
            ("[true,false,null,[],{}]", "[true,false,null,[],{}]"),
        ])
    func canonical(_ json: String, _ expected: String) throws {
        #expect(String(decoding: try JavaScriptJSON.stringify(Array(json.utf8)), as: UTF8.self) == expected)
    }

    @Test("The canonical form of the canonical form is itself, at any depth that is let in")
    func depth() throws {
        let deep = Array((String(repeating: #"[{"a":"#, count: 250) + "1" + String(repeating: "}]", count: 250)).utf8)
        #expect(try JavaScriptJSON.stringify(deep) == deep)
    }
}
