import Foundation
import Testing

@testable import QueueBus

@Suite struct MatcherTests {
    private func event(_ json: String) throws -> BusEvent { try BusEvent(json: json.utf8) }

    @Test(
        "Each special value matches as in queue-bus",
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
        "A value matches an equal text, or as a regular expression from the beginning of a line to its end",
        arguments: [
            ("x", #"{"a":"x"}"#, true), ("x", #"{"a":"xx"}"#, false), ("1", #"{"a":1}"#, true),
            ("1.5", #"{"a":1.5}"#, true), ("true", #"{"a":true}"#, true), ("", #"{"a":""}"#, false),
            ("", "{}", false), ("x.*", #"{"a":"xyz"}"#, true), ("x.*", #"{"a":"wxyz"}"#, false),
            ("a|b", #"{"a":"b"}"#, true), ("a|b", #"{"a":"ab"}"#, true), ("one.*", #"{"a":"zero\none two"}"#, true),
            ("(?-mix:nd)", #"{"a":"sand"}"#, true), ("(?-mix:^nd)", #"{"a":"sand"}"#, false),
            ("[", #"{"a":"["}"#, true), ("[", #"{"a":"x"}"#, false), (".*", "{}", true), (".+", "{}", false),
        ])
    func value(filter: String, json: String, matches: Bool) throws {
        #expect(try Matcher(["a": .value(filter)]).matches(event(json)) == matches)
    }

    @Test("All filters must match, and there must be at least one")
    func all() throws {
        let event = try event(#"{"a":"x","b":"y"}"#)
        #expect(Matcher(["a": .value("x"), "b": .value("y")]).matches(event))
        #expect(!Matcher(["a": .value("x"), "b": .value("z")]).matches(event))
        #expect(!Matcher([:]).matches(event))
    }

    @Test("All filters of a subscription share the steps that one match may take")
    func sharedBudget() throws {
        let text = String(repeating: "a", count: 100_000)
        let names = (0..<50).map { "a\($0)" }
        let event = try event("{" + names.map { #""\#($0)":"\#(text)""# }.joined(separator: ",") + "}")
        let filter = Matcher.Filter.value("(a|aa|aaa)*")
        #expect(Matcher([names[0]: filter]).evaluate(event) == true)
        #expect(Matcher(Dictionary(uniqueKeysWithValues: names.map { ($0, filter) })).evaluate(event) == nil)
    }

    /// What queue-bus' own Matcher says (0.13.3, Ruby 3.1), for each of ``values``.
    private static let ruby = [
        ("a", "1000001000000000"),
        ("a|b", "1111011000000000"),
        ("a+", "1000011000000000"),
        ("(a+)+", "1000011000000000"),
        ("ab?c?", "1101001000000000"),
        ("(?i)abc", "0001100000000000"),
        ("a(?i)b|c", "0101000000000000"),
        ("(?i-mx:abc)", "0001100000000000"),
        ("(?-mix:b)", "0111001000000000"),
        ("(?-mix:^b)", "0010001000000000"),
        ("(?m-ix:a.b)", "0000001000000000"),
        ("(?x-mi:a b)", "0100000000000000"),
        ("a.b", "0000000000000000"),
        (#"a\nb"#, "0000001000000000"),
        ("^a$", "1000001000000000"),
        (#"\Aa"#, "1000001000000000"),
        (#"\Ab\z"#, "0010000000000000"),
        (#"a\Z"#, "1000000000000000"),
        (#"\bb\b"#, "0010001000000000"),
        ("[^a]", "0010001101000000"),
        ("[a-c]+", "1111011000000000"),
        ("[[:alpha:]]+", "1111111001000100"),
        ("[[:digit:]]+", "0000000000100000"),
        ("[[:upper:]]+", "0000100000000000"),
        ("[[:word:]]+", "1111111001100101"),
        (#"\w+"#, "1111111000100101"),
        (#"\d+"#, "0000000000100000"),
        (#"\s"#, "0000000100000000"),
        (#"\h+"#, "1111111000100000"),
        (#"\D+"#, "1111111101000101"),
        (#"\W"#, "0000000101000000"),
        ("a{2}", "0000010000000000"),
        ("a{2}?", "0000010110000010"),
        ("a{,2}", "1000011110000010"),
        ("a{1,2}+", "1000011000000000"),
        ("a{2,1}", "0000000000000000"),
        ("(?=a).*b", "0100000000000000"),
        ("(?!a).*", "0010101111111111"),
        ("^(?!email).*", "1111111111111110"),
        (".*", "1111111111111111"),
        (".+", "1111111001111101"),
        ("é", "0000000001000000"),
        (#"\u00e9"#, "0000000001000000"),
        (#"\xe9"#, "0000000000000000"),
        ("[é]", "0000000001000000"),
        ("(?i)É", "0000000001000000"),
        ("email_(sent|requested)", "0000000000000001"),
        ("email_.*", "0000000000000001"),
        ("1.5", "0000000000010000"),
        ("100.0", "0000000000001000"),
        ("true", "0000000000000100"),
        ("[", "0000000000000000"),
        ("(a", "0000000000000000"),
        ("a)", "0000000000000000"),
        ("*", "1111111111111111"),
        ("", "0000000000000000"),
        ("a|", "1111111111111111"),
        ("|b", "1111111111111111"),
        ("()", "0000000110000010"),
        ("a**", "1000011110000010"),
        ("[b-a]", "0000000000000000"),
        ("[]a]", "1000001000000000"),
        ("(?#no)a", "1000001000000000"),
        ("(?<n>a)b", "0100000000000000"),
        ("bus_special_value_key", "1111111111111111"),
        ("bus_special_value_blank", "0000000110000010"),
        ("bus_special_value_empty", "0000000010000000"),
        ("bus_special_value_nil", "0000000000000010"),
        ("bus_special_value_present", "1111111001111101"),
        ("bus_special_value_value", "1111111111111101"),
        ("bus_special_value_x", "0000000000000000"),
    ]
    private static let values = [
        #""a""#, #""ab""#, #""b""#, #""abc""#, #""ABC""#, #""aa""#, #""a\nb""#, #""\n""#, #""""#, #""é""#, #""12""#,
        #""1.5""#,
        "1e2", "true", "null", #""email_sent""#,
    ]

    @Test("Expressions match as in Ruby", arguments: ruby)
    func golden(filter: String, answers: String) throws {
        let json = try JSONSerialization.data(withJSONObject: ["a": filter])
        let subscription = #"{"queue_name":"q","key":"k","matcher":\#(String(decoding: json, as: UTF8.self))}"#
        let matcher = try #require(Subscription(json: Array(subscription.utf8))).matcher
        let ours = try Self.values.map { try matcher.matches(event(#"{"a":\#($0)}"#)) ? "1" : "0" }.joined()
        #expect(ours == answers)
    }

    @Test("Expressions that take a backtracking matcher exponential time take linear time")
    func exponential() throws {
        let text = String(repeating: "a", count: 1000) + "!"
        for filter in ["(a+)+", "(a|aa)+", "(a|a?)+", "((a*)*)*b", "(.*a){20}b"] {
            #expect(Matcher(["a": .value(filter)]).evaluate(try event(#"{"a":"\#(text)"}"#)) == false, "\(filter)")
        }
    }

    @Test(
        "A filter that is no usable expression matches only an equal text, and says why",
        arguments: [
            ("(a", "an opening bracket"), ("a)", "a closing bracket"), ("[a", "without its ]"),
            ("a{3,2}", "more to less"),
            ("(?-mix:*)", "nothing to repeat"), (#"(a)\1"#, "is not supported"), ("(?<=a)b", "is not supported"),
            ("(?>a)b", "is not supported"), ("a++", "is not supported"), (#"\p{Alpha}"#, "is not supported"),
            ("[a&&b]", "is not supported"),
            ("((a{100}){100}){100}", "more than 10000 steps"),
            ("(((){9999}){9999}){9999}a{10001}", "more than 10000 repetitions"),
            (String(repeating: "(", count: 1000) + "a" + String(repeating: ")", count: 1000), "too deeply"),
        ])
    func invalid(filter: String, why: String) throws {
        let matcher = Matcher(["a": .value(filter)])
        let reason = try #require(matcher.invalidFilters.first?.description)
        #expect(reason.contains(why), "\(reason)")
        let json = try JSONSerialization.data(withJSONObject: ["a": filter])
        #expect(matcher.matches(try BusEvent(json: json)))
        #expect(!matcher.matches(try event(#"{"a":"a"}"#)))
    }
}
