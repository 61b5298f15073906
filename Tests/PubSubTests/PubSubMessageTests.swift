import BgdemoEmail
import BgdemoCore
import BgdemoOriginal2016
import Testing

@testable import BgdemoPubSub

@Suite("The wire of emailz")
struct PubSubMessageTests {
    @Test("A message has the talk's keys in the talk's order, then the id")
    func golden() throws {
        let id = try #require(EmailID("01arz3ndektsv4rrffq69g5fav"))
        let email = try Email(id: id, to: "a@b.example", subject: "grüße \"1\"", text: "t\n")
        #expect(
            OriginalPubSub.message(email)
                == #"{"to":"a@b.example","subject":"grüße \"1\"","text":"t\n"}"#)
        #expect(
            PubSubMessage.text(of: email)
                == #"{"to":"a@b.example","subject":"grüße \"1\"","text":"t\n","id":"01arz3ndektsv4rrffq69g5fav"}"#)
        #expect(try PubSubMessage.email(Array(PubSubMessage.text(of: email).utf8)) == email)
    }

    @Test("A message without an id is a mail; every subscriber gives it the same id")
    func foreign() throws {
        let node = Array(#"{"to":"a@b.example","subject":"s","text":"t"}"#.utf8)
        let (one, two) = (try PubSubMessage.email(node), try PubSubMessage.email(node))
        #expect(one.to.text == "a@b.example" && one.subject == "s" && one.text == "t")
        #expect(one.id == two.id)
        let other = Array(#"{"to":"a@b.example","subject":"s","text":"u"}"#.utf8)
        #expect(try PubSubMessage.email(other).id != one.id)
        #expect(
            try PubSubMessage.email(
                Array(#" {"text":"t","id":"no ulid","x":{"y":[]},"subject":"s","to":"a@b.example"} "#.utf8)
            )
            .text == "t")
    }

    @Test(
        "A message that is no mail is refused",
        arguments: [
            "", "{}", "[]", "null", "x", "{\"to\":\"a@b.example\"", #"{"to":"a@b.example","subject":"s"}"#,
            #"{"to":["a@b.example"],"subject":"s","text":"t"}"#, #"{"to":"a@b.example","subject":1,"text":"t"}"#,
            #"{"to":"a@b.example,c@d.example","subject":"s","text":"t"}"#,
            #"{"to":"a@b.example","subject":"s\r\nBcc: c@d.example","text":"t"}"#,
            #"{"to":"a@b.example","subject":"","text":"t"}"#, #"{"to":"a@b.example","subject":"s","text":"\u0000"}"#,
            #"{"to":"a@b.example","subject":"s","text":"t","id":7}"#, String(repeating: "[", count: 100_000),
        ])
    func hostile(text: String) {
        #expect(throws: (any Error).self) { try PubSubMessage.email(Array(text.utf8)) }
        #expect(throws: (any Error).self) { try PubSubMessage.email([0xff, 0xfe] + Array(text.utf8)) }
    }
}
