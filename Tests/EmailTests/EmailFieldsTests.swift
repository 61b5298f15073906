import BgdemoEmail
import BgdemoFoundations
import Testing

@Suite("A mail on a wire")
struct EmailFieldsTests {
    private static let id = "01arz3ndektsv4rrffq69g5fav"

    private func fields(_ json: String) -> EmailFields? {
        (try? JSONValue(Array(json.utf8))).flatMap { EmailFields($0) }
    }

    @Test("A mail's fields are read back as they were written, with and without an id")
    func golden() throws {
        let id = try #require(EmailID(Self.id))
        let email = try Email(id: id, to: "a@b.example", subject: "\"s\"", text: "t\n")
        for (includesID, end) in [(true, #","id":"01arz3ndektsv4rrffq69g5fav"}"#), (false, "}")] {
            var json = JSONWriter()
            json.object { email.writeMembers(into: &$0, includesID: includesID) }
            #expect(json.text == #"{"to":"a@b.example","subject":"\"s\"","text":"t\n""# + end)
            let read = try #require(fields(json.text)).email(carrier: [])
            #expect(read.to == email.to && read.subject == email.subject && read.text == email.text)
            #expect((read.id == email.id) == includesID)
        }
    }

    @Test(
        "A mail without an id gets that of its carrier, the same in every process",
        arguments: ["", #","id":null"#, #","id":"no ulid""#, #","id":"01arz3ndektsv4rrffq69g5fa""#])
    func missingID(_ id: String) throws {
        let read = try #require(fields(#"{"to":"a@b.example","subject":"s","text":"t"\#(id)}"#))
        #expect(try read.email(carrier: "foobar".utf8).id == EmailID(digesting: "foobar".utf8))
        #expect(try read.email(carrier: "foobaz".utf8).id != EmailID(digesting: "foobar".utf8))
    }

    @Test(
        "A mail with a missing field or a field of another type is refused",
        arguments: [
            "[]", "7", #""text""#, "{}", #"{"to":"a@b.example","subject":"s"}"#,
            #"{"to":["a@b.example"],"subject":"s","text":"t"}"#, #"{"to":"a@b.example","subject":1,"text":"t"}"#,
            #"{"to":"a@b.example","subject":"s","text":"t","id":7}"#,
            #"{"to":"a@b.example","subject":"s","text":"\ud800"}"#,
            #"{"to":"a@b.example","to":null,"subject":"s","text":"t"}"#,
        ])
    func none(_ json: String) {
        #expect(fields(json) == nil)
    }

    @Test("Other members of a mail's JSON are skipped in linear time")
    func foreignMembers() throws {
        let marks = "a" + String(repeating: "\u{301}\u{323}", count: 15_625)
        let clock = ContinuousClock()
        let time = try clock.measure {
            let read = try #require(fields(#"{"\#(marks)":{"to":1},"to":"a@b.example","subject":"s","text":"t"}"#))
            #expect(read.subject == "s")
        }
        #expect(time < .seconds(2))
    }
}
