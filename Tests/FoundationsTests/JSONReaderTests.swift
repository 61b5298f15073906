import BgdemoFoundations
import Testing

@Suite struct JSONReaderTests {
    @Test(
        "What RFC 8259 calls JSON is read",
        arguments: [
            "{}", "[]", "null", "true", "false", "0", "-0", "-1.5e+10", "1E2", "\"\"",
            "\" \\u00e4\\n\\/\\\"\\\\\\b\\f\\r\\t ä\"",
            " [ 1 , { \"a\" : [ ] } , \"x\" ] \r\n\t", "{\"\":{\"a\":[[[]]]},\"a\":1,\"a\":2}", "\"\u{7f}\u{2028}\"",
            "\"\\ud800\"",
            "123456789012345678901234567890", "\"12345678\\u123401234567\"",
        ])
    func valid(_ text: String) throws {
        #expect(try JSONValue(Array(text.utf8)).raw.count <= text.utf8.count)
    }

    @Test(
        "What is not JSON is refused",
        arguments: [
            "", " ", "{", "[", "]", "}", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
            "{a:1}", "{1:1}",
            "{'a':1}", "{\"a\" 1}", "[}", "{]", "[1}", "nul", "nulL", "nullx", "tru", "True", "01", "-", "-01", "+1",
            "1.", ".5", "1e",
            "1e+", "0x1", "NaN", "Infinity", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u+123\"",
            "\"a\nb\"", "\"\u{1f}\"",
            "1 1", "{} {}", "[] x", "\u{feff}{}", "// x\n1", "[1]]", "\"1234567\u{0}\"", "\"a\"b\"", "\u{a0}1", "--1",
            "1-1", "[\"a\"\"b\"]",
        ])
    func invalid(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(Array(text.utf8)) }
    }

    @Test(
        "What is not UTF-8 is refused, unless bytes are asked for",
        arguments: [
            [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc3, 0x22],
            [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func encoding(_ bytes: [UInt8]) throws {
        #expect { try JSONValue(bytes) } throws: { ($0 as? JSONError)?.code == .notUTF8 }
        var limits = JSONReader.Limits()
        limits.requiresUTF8 = false
        let value = try JSONValue(bytes, limits: limits)
        #expect(value.text == nil)
        #expect(value.characters == Array(bytes[1..<(bytes.count - 1)]))
    }

    @Test("Members come in their order, as they are spelled, and with one name both")
    func members() throws {
        let value = try JSONValue(Array(#" {"b": [1, 2] , "a":"x\n", "b":null,"\u0061":1.50} "#.utf8))
        #expect(value.kind == .object)
        #expect(value.members.map { $0.name.text } == ["b", "a", "b", "a"])
        #expect(
            value.members.map { String(decoding: $0.value.raw, as: UTF8.self) } == [
                "[1, 2]", #""x\n""#, "null", "1.50",
            ])
        #expect(value.members[0].value.elements.compactMap(\.int) == [1, 2])
        #expect(value.members[1].value.text == "x\n")
        #expect(value.members[3].value.number == "1.50")
        #expect(value.elements.isEmpty && value.members[0].value.members.isEmpty)
        #expect(value.text == nil && value.int == nil && value.number == nil && value.bool == nil)
    }

    @Test("An object has each name once: the later value in the earlier place, or none")
    func object() throws {
        let json = Array(#"{"a":1,"b":2,"\u0061":3}"#.utf8)
        let object = try JSONObject(json)
        #expect(object.members.map(\.name) == ["a", "b"])
        #expect(object["a"]?.int == 3 && object["b"]?.int == 2 && object["c"] == nil)
        #expect { try JSONObject(json, duplicates: .refused) } throws: { ($0 as? JSONError)?.code == .duplicateName }
        let many = "{" + (0..<100).map { #""k\#($0 % 50)":\#($0)"# }.joined(separator: ",") + "}"
        let large = try JSONObject(Array(many.utf8))
        #expect(large.members.count == 50)
        #expect((0..<50).allSatisfy { large[ByteString("k\($0)")]?.int == $0 + 50 })
        #expect(large["k50"] == nil)
    }

    @Test("A name is matched by its characters, however they are spelled")
    func names() throws {
        func kind(_ spelled: String) throws -> Int {
            var reader = JSONReader(Array("{\(spelled):0}".utf8))
            try reader.beginObject()
            switch try #require(try reader.nextMember()).name {
            case "class": return 1
            case "ä": return 2
            case "\\": return 3
            default: return 4
            }
        }
        #expect(
            try [
                #""class""#, #""\u0063lass""#, #""ä""#, #""\u00e4""#, #""\\""#,
                #""clas\s""#.replacing("\\s", with: "\\b"),
            ].map(kind)
                == [1, 1, 2, 2, 3, 4])
    }

    @Test(
        "Brackets are closed in the reverse of their order, at every depth", arguments: [1, 63, 64, 65, 128, 129, 500])
    func brackets(_ depth: Int) throws {
        var random = SeededRandom(seed: UInt64(depth))
        let isObject = (0..<depth).map { _ in Bool.random(using: &random) }
        func text(wrongAt place: Int? = nil) -> [UInt8] {
            let begin = isObject.map { $0 ? #"{"a":"# : "[" }.joined()
            let end = isObject.enumerated().reversed().map { $0 == place ? $1 ? "]" : "}" : $1 ? "}" : "]" }.joined()
            return Array((begin + "0" + end).utf8)
        }
        #expect(try JSONValue(text()).range.count == text().count)
        for place in 0..<depth {
            #expect(throws: JSONError.self, "level \(place)") { try JSONValue(text(wrongAt: place)) }
        }
    }

    @Test("A reader stops where its caller does, and finds what is wrong when it comes to it")
    func early() throws {
        var reader = JSONReader(Array(#"{"mail":"01","to":garbage"#.utf8))
        try reader.beginObject()
        let first = try #require(try reader.nextMember())
        #expect(first.name.isString("mail") && first.value.text == "01")
        #expect(throws: JSONError.self) { try reader.nextMember() }
        var array = JSONReader(Array("[1,2] x".utf8))
        try array.beginArray()
        #expect(try array.nextElement()?.int == 1)
        #expect(try array.nextElement()?.int == 2)
        #expect(throws: JSONError.self) { try array.nextElement() }
    }

    @Test("A reader of a part of a text ends at the part's end")
    func range() throws {
        let bytes = Array(#"xx{"a":"bcdefghi"}yy"#.utf8)
        var reader = JSONReader(bytes, in: 2..<(bytes.count - 2))
        try reader.beginObject()
        #expect(try reader.nextMember()?.value.text == "bcdefghi")
        #expect(try reader.nextMember() == nil)
        var cut = JSONReader(bytes, in: 2..<(bytes.count - 4))
        try cut.beginObject()
        #expect(throws: JSONError.self) { try cut.nextMember() }
        var beyond = JSONReader(bytes, in: 2..<999)
        #expect(throws: Never.self) { try beyond.beginObject() }
        var nowhere = JSONReader(bytes, in: 100..<999)
        #expect(throws: JSONError.self) { try nowhere.beginObject() }
    }

    @Test("Half a surrogate pair is no text, a whole one is a character")
    func surrogates() throws {
        func text(_ json: String) throws -> String? { try JSONValue(Array(json.utf8)).text }
        #expect(try text(#""\ud83d\udc4b""#) == "👋")
        for half in [#""\ud83d""#, #""\udc4b""#, #""\ud83dx""#, #""\ud83d\n""#, #""\ud83d\ud83d""#, #""\udc4b\ud83d""#]
        {
            #expect(try text(half) == nil, "\(half)")
        }
    }

    @Test("Numbers past what a type has are nil, and kept as text")
    func numbers() throws {
        func value(_ json: String) throws -> JSONValue { try JSONValue(Array(json.utf8)) }
        #expect(try value("9223372036854775807").int == .max)
        #expect(try value("9223372036854775808").int == nil)
        #expect(try value("-9223372036854775808").int == .min)
        #expect(try value("1.0").int == nil)
        #expect(try value("1e999").double == nil)
        #expect(try value("1e999").number == "1e999")
        #expect(try value("-2.5e-1").double == -0.25)
        #expect(try value("true").bool == true)
    }

    @Test("A text past a limit is refused with its code")
    func limits() throws {
        func code(_ text: String, _ set: (inout JSONReader.Limits) -> Void) -> JSONError.Code? {
            var limits = JSONReader.Limits()
            set(&limits)
            do throws(JSONError) {
                _ = try JSONValue(Array(text.utf8), limits: limits)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("[1]") { $0.bytes = 3 } == nil)
        #expect(code("[10]") { $0.bytes = 3 } == .tooLarge)
        #expect(code("[[[]]]") { $0.depth = 2 } == nil)
        #expect(code("[[[[]]]]") { $0.depth = 2 } == .tooDeep)
        #expect(code("[1,2]") { $0.values = 3 } == nil)
        #expect(code("[1,2,3]") { $0.values = 3 } == .tooManyValues)
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(code(deep) { _ in } == .tooDeep)
        let all = { (limits: inout JSONReader.Limits) in (limits.depth, limits.values) = (.max, .max) }
        #expect(code(deep, all) == .syntax)
        let many = "[" + String(repeating: "1,", count: 999_998) + "1"
        #expect(code(many + "]") { _ in } == nil)
        #expect(code(many + ",1]") { _ in } == .tooManyValues)
    }

    private struct Mail: Decodable, Equatable {
        let to: String
        let n: Int?
    }

    @Test("A text is decoded as JSONDecoder does it")
    func decode() throws {
        #expect(try JSONReader.decode(Mail.self, from: Array(#"{"to":"ä","n":1}"#.utf8)) == Mail(to: "ä", n: 1))
        #expect(try JSONReader.decode([String: [Int]].self, from: Array(#"{"é":[1]}"#.utf8)) == ["é": [1]])
        #expect(throws: DecodingError.self) { try JSONReader.decode(Mail.self, from: Array("{}".utf8)) }
        #expect(throws: JSONError.self) { try JSONReader.decode(Mail.self, from: Array("{".utf8)) }
    }

    @Test(
        "Half of a surrogate pair is said in words, and with its place",
        arguments: [
            (#"{"to":"\ud83d","n":1}"#, 7), (#"{"to":"a\ud83db","n":1}"#, 8), (#"{"to":"\ude00","n":1}"#, 7),
            (#"{"to":"\\\ud83d\n","n":1}"#, 9), (#"{"to":"\ud83d\ud83d\ude00","n":1}"#, 7),
        ])
    func halfOfPair(json: String, place: Int) {
        let error = #expect(throws: JSONError.self) { try JSONReader.decode(Mail.self, from: Array(json.utf8)) }
        #expect(error?.description == "half of a surrogate pair, which is no character, at byte \(place)")
    }

    @Test("A whole surrogate pair is a character")
    func pair() throws {
        let json = Array(#"{"to":"\ud83d\ude00\\ud83d","n":1}"#.utf8)
        #expect(try JSONReader.decode(Mail.self, from: json) == Mail(to: "😀\\ud83d", n: 1))
    }
}
