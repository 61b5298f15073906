import BgdemoFoundations
import Testing

/// A letter with many combining marks takes `String` time in the square of their number: 250 KB took 55 s.
@Suite struct LinearTimeTests {
    private static let marks = "a" + String(repeating: "\u{301}\u{323}", count: 250_000)

    @Test("A megabyte of combining marks is compared, hashed and searched at once", .timeLimit(.minutes(1)))
    func comparison() throws {
        let start = ContinuousClock.now
        let one = ByteString(Self.marks)
        let other = ByteString(Self.marks + "b")
        #expect(one != other && one < other && Set([one, other, one]).count == 2)
        #expect(other.hasPrefix(one) && !one.hasSuffix(other) && !one.contains("b"))
        #expect(Self.marks.asciiLowercased().utf8.count == one.count)
        #expect(!Self.marks.isStreamSafe)
        #expect(printable(Self.marks).utf8.count == one.count)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test(
        "A megabyte of combining marks as a JSON name is read at once, and kept from Decodable", .timeLimit(.minutes(1))
    )
    func names() throws {
        let start = ContinuousClock.now
        let json = Array(#"{"\#(Self.marks)":1,"b":2,"\#(Self.marks)":3}"#.utf8)
        let object = try JSONObject(json)
        #expect(object.members.count == 2)
        #expect(object["b"]?.int == 2)
        #expect(throws: JSONError.self) { try JSONReader.decode([String: Int].self, from: json) }
        let escaped = Array(#"{"a\#(String(repeating: #"\u0301"#, count: 31))":1}"#.utf8)
        #expect { try JSONReader.decode([String: Int].self, from: escaped) } throws: {
            ($0 as? JSONError)?.code == .unsafeName
        }
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("Eight times as much JSON takes about eight times as long")
    func growth() throws {
        func time(_ count: Int) throws -> Duration {
            let json = Array(
                (String(repeating: "[", count: 500) + String(repeating: #"{"a":[1,"\u00e4"]},"#, count: count)
                    + "1" + String(repeating: "]", count: 500)).utf8)
            return try (0..<5).map { _ in
                let start = ContinuousClock.now
                _ = try JSONValue(json)
                return ContinuousClock.now - start
            }.min() ?? .zero
        }
        let (one, eight) = (try time(12_500), try time(100_000))
        // In the square of its length it were 64 times; a loaded machine triples either time.
        #expect(eight / one < 32, "\(one), \(eight)")
    }
}
