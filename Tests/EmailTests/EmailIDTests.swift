import BgdemoFoundations
import Foundation
import BgdemoEmail
import Testing

@Suite("An e-mail's id")
struct EmailIDTests {
    @Test("Ids sort in the order of their creation and are unique")
    func order() {
        var previous = ""
        for _ in 0..<100_000 {
            let id = EmailID().description
            #expect(id > previous)
            previous = id
        }
    }

    @Test("Ids of several threads are unique")
    func unique() async {
        let ids = await withTaskGroup(of: [EmailID].self) { group in
            for _ in 0..<4 { group.addTask { (0..<25_000).map { _ in EmailID() } } }
            return await group.reduce(into: Set<EmailID>()) { $0.formUnion($1) }
        }
        #expect(ids.count == 100_000)
    }

    @Test("An id begins with the time, as a ULID does")
    func time() throws {
        let before = Date().timeIntervalSince1970 * 1000
        let id = EmailID().description
        let digits = Array("0123456789abcdefghjkmnpqrstvwxyz")
        let milliseconds = try id.prefix(10).reduce(0) { try $0 * 32 + #require(digits.firstIndex(of: $1)) }
        // Ids of the other tests may have borrowed from milliseconds to come.
        #expect(abs(Double(milliseconds) - before) < 10_000)
    }

    @Test("An id is read in upper and lower case")
    func roundTrip() throws {
        for _ in 0..<1000 {
            let id = EmailID()
            #expect(id.description.utf8.count == 26)
            #expect(EmailID(id.description) == id)
            #expect(EmailID(id.description.uppercased()) == id)
        }
        #expect(EmailID("7zzzzzzzzzzzzzzzzzzzzzzzzz")?.description == "7zzzzzzzzzzzzzzzzzzzzzzzzz")
        #expect(EmailID("00000000000000000000000000")?.description == "00000000000000000000000000")
    }

    @Test(
        "Other texts are not read as an id",
        arguments: [
            "", "0", "0000000000000000000000000", "000000000000000000000000000", "80000000000000000000000000",
            "zzzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000i", "0000000000000000000000000u",
            "0000000000000000000000000 ", "0000000000000000000000000\n", "000000000000000000000000é",
            "-0000000000000000000000000",
        ])
    func refused(_ text: String) {
        #expect(EmailID(text) == nil)
    }

    @Test("The id of bytes is the same in every process, and other bytes have another id")
    func digest() {
        // FNV-1a of "foobar", published with the algorithm; the second half is the same over other constants.
        #expect(EmailID(digesting: "foobar".utf8).description == EmailID.ofFoobar)
        var ids: Set<EmailID> = []
        for number in 0..<10_000 { ids.insert(EmailID(digesting: "job \(number)".utf8)) }
        #expect(ids.count == 10_000)
    }
}

extension EmailID {
    fileprivate static let ofFoobar = "45jh0q3xssczm5h60h1w12r4qh"
}

@Suite("JSON as text")
struct JSONWriterTests {
    @Test(
        "JSON strings escape what RFC 8259 requires and nothing else",
        arguments: [
            ("", #""""#),
            ("plain", #""plain""#),
            ("a\"b", #""a\"b""#),
            ("a\\b", #""a\\b""#),
            ("a/b", #""a/b""#),
            ("\n\r\t", #""\n\r\t""#),
            ("\r\n", #""\r\n""#),
            ("\u{0}", #""\u0000""#),
            ("\u{1}\u{8}\u{b}\u{c}\u{1f}", #""\u0001\b\u000b\f\u001f""#),
            ("\u{7f}\u{85}\u{2028}\u{2029}", "\"\u{7f}\u{85}\u{2028}\u{2029}\""),
            ("é日👩‍👩‍👧", "\"é日👩‍👩‍👧\""),
            ("\"\u{301}", "\"\\\"\u{301}\""),
            ("</script>", #""</script>""#),
        ])
    func strings(value: String, expected: String) throws {
        var json = JSONWriter()
        json.string(value)
        #expect(json.text.utf8.elementsEqual(expected.utf8))
        let read = try JSONDecoder().decode(String.self, from: Data(json.text.utf8))
        #expect(read.utf8.elementsEqual(value.utf8))
    }

    @Test("A JSON object keeps the order of its keys")
    func order() throws {
        var json = JSONWriter()
        json.raw("{")
        json.member("z", "{")
        json.member("a", -1)
        json.name("email")
        try Email(to: "a@b.example", subject: "\"s\"", text: "t\r\n").write(into: &json)
        json.name("list")
        json.raw("[]")
        json.raw("}")
        #expect(
            json.text == ##"{"z":"{","a":-1,"email":{"to":"a@b.example","subject":"\"s\"","text":"t\r\n"},"list":[]}"##)
    }

    @Test("Foundation reads back every string that is written")
    func random() throws {
        var pieces = RandomText(seed: 3)
        for _ in 0..<2000 {
            let value = String(decoding: pieces.data(), as: UTF8.self)
            var json = JSONWriter()
            json.string(value)
            let read = try JSONDecoder().decode(String.self, from: Data(json.text.utf8))
            #expect(read.utf8.elementsEqual(value.utf8))
        }
    }
}

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        "A timestamp is the known date",
        arguments: [
            (0.0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_400, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 +0000"),
            (951_868_800, "2000-03-01T00:00:00.000Z", "Wed, 01 Mar 2000 00:00:00 +0000"),
            (1_078_012_799.5, "2004-02-28T23:59:59.500Z", "Sat, 28 Feb 2004 23:59:59 +0000"),
            (1_078_012_800, "2004-02-29T00:00:00.000Z", "Sun, 29 Feb 2004 00:00:00 +0000"),
            (1_795_496_154, "2026-11-24T04:55:54.000Z", "Tue, 24 Nov 2026 04:55:54 +0000"),
            (4_107_542_399, "2100-02-28T23:59:59.000Z", "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 +0000"),
            (2_147_483_648, "2038-01-19T03:14:08.000Z", "Tue, 19 Jan 2038 03:14:08 +0000"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z", "Fri, 31 Dec 9999 23:59:59 +0000"),
            // Past what can be spelled.
            (-1, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
            (.infinity, "9999-12-31T23:59:59.999Z", "Fri, 31 Dec 9999 23:59:59 +0000"),
            (.nan, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 +0000"),
        ])
    func known(seconds: Double, iso8601: String, rfc5322: String) {
        let timestamp = Timestamp(Date(timeIntervalSince1970: seconds))
        #expect(timestamp.iso8601 == iso8601)
        #expect(timestamp.rfc5322 == rfc5322)
        #expect(timestamp.http == rfc5322.replacing("+0000", with: "GMT"))
    }

    @Test("Timestamps agree with Foundation from 1970 to 2400")
    func everyDay() {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        for day in stride(from: 0, to: 157_000, by: 3) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + Double(day % 86_400))
            #expect(Timestamp(date).rfc5322 == formatter.string(from: date))
        }
    }
}
