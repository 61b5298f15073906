import QueueBus
import Testing

@Suite struct MatcherTests {
    private func event(_ json: String) throws -> Event { try Event(json: json.utf8) }

    @Test(
        "Each special value is what queue-bus makes of it",
        arguments: [
            // attribute, then whether key, blank, empty, nil, present, notNil match
            ("{}", [false, true, false, true, false, false]),
            (#"{"a":null}"#, [true, true, false, true, false, false]),
            (#"{"a":""}"#, [true, true, true, false, false, true]),
            (#"{"a":" \n"}"#, [true, true, false, false, false, true]),
            (#"{"a":"x"}"#, [true, false, false, false, true, true]),
            (#"{"a":0}"#, [true, false, false, false, true, true]),
            (#"{"a":false}"#, [true, false, false, false, true, true]),
        ])
    func special(json: String, expected: [Bool]) throws {
        let event = try event(json)
        let filters: [Matcher.Filter] = [.key, .blank, .empty, .nil, .present, .notNil]
        #expect(filters.map { Matcher(["a": $0]).matches(event) } == expected)
    }

    @Test(
        "A value is the same text, or a regular expression from beginning to end",
        arguments: [
            ("x", #"{"a":"x"}"#, true), ("x", #"{"a":"xx"}"#, false), ("1", #"{"a":1}"#, true),
            ("1.5", #"{"a":1.5}"#, true), ("true", #"{"a":true}"#, true), ("", #"{"a":""}"#, false),
            ("", "{}", false), ("x.*", #"{"a":"xyz"}"#, true), ("x.*", #"{"a":"wxyz"}"#, false),
            ("a|b", #"{"a":"b"}"#, true), ("a|b", #"{"a":"ab"}"#, false), ("one.*", #"{"a":"zero\none two"}"#, true),
            ("(?-mix:nd)", #"{"a":"sand"}"#, true), ("(?-mix:^nd)", #"{"a":"sand"}"#, false),
            ("[", #"{"a":"["}"#, true), ("[", #"{"a":"x"}"#, false), (".*", "{}", true), (".+", "{}", false),
        ])
    func value(filter: String, json: String, matches: Bool) throws {
        #expect(try Matcher(["a": .value(filter)]).matches(event(json)) == matches)
    }

    @Test("All filters have to match, and there must be one")
    func all() throws {
        let event = try event(#"{"a":"x","b":"y"}"#)
        #expect(Matcher(["a": .value("x"), "b": .value("y")]).matches(event))
        #expect(!Matcher(["a": .value("x"), "b": .value("z")]).matches(event))
        #expect(!Matcher([:]).matches(event))
    }
}
