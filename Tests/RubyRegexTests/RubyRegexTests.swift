import Testing

@testable import BgdemoRubyRegex

@Suite(.timeLimit(.minutes(1)))
struct RubyRegexTests {
    @Test(
        "An expression out of bounds is refused when it is read",
        arguments: [
            Expression("a" + String(repeating: "*", count: 60_000), .tooLong),
            Expression(".*[\(letters(20_000))]Z", .tooLong),
            Expression(String(repeating: "a", count: 10_001), .tooLong),
            Expression(String(repeating: "(", count: 4000) + String(repeating: ")", count: 4000), .tooDeep),
            Expression(String(repeating: "[", count: 4000) + "a" + String(repeating: "]", count: 4000), .tooDeep),
            Expression(String(repeating: "(?i)", count: 2000), .tooDeep),
            Expression(String(repeating: "(?=", count: 2000) + String(repeating: ")", count: 2000), .tooDeep),
            Expression("a" + String(repeating: "{2}", count: 3000), .tooLarge),
            Expression("a" + String(repeating: "{9}", count: 3000), .tooLarge),
            Expression("((a{100}){100}){100}", .tooLarge), Expression("a{10001}", .tooLarge),
            Expression("a{999999999}", .tooLarge), Expression("a{99999999999999999999}", .tooLarge),
            Expression("(a{9999}){9999}", .tooLarge),
        ])
    func bounds(expression: Expression) {
        #expect { try RubyRegex(expression.text) } throws: { ($0 as? RubyRegexError)?.code == expression.code }
    }

    @Test(
        "An expression within the bounds is read and matched, however it is built",
        arguments: [
            "a" + String(repeating: "*", count: 9998), "a" + String(repeating: "?", count: 9998),
            "a" + String(repeating: "{1}", count: 3000), "a" + String(repeating: "{0,1}", count: 1900),
            "()" + String(repeating: "{9999}", count: 1600), String(repeating: "a", count: 9998),
            String(repeating: "|", count: 3300), "[\(letters(3000))]", String(repeating: "(?i:k)", count: 1600),
            "[" + String(repeating: "[:alpha:]", count: 1000) + "]",
            "[" + String(repeating: "[^[:alpha:]]", count: 800) + "]",
            "(?i)" + String(repeating: "[^", count: 190) + "a" + String(repeating: "]", count: 190),
            String(repeating: "[]a]", count: 2000) + "]", String(repeating: "{", count: 9998),
            String(repeating: "(", count: 198) + String(repeating: ")", count: 198),
        ].map { Expression($0) })
    func large(expression: Expression) throws {
        _ = try RubyRegex(expression.text).matches(String(repeating: "aZé", count: 1000))
    }

    @Test("A match takes steps in proportion to the text, with the largest classes and the most alternatives too")
    func linear() throws {
        for expression in [
            "^(?-mix:.*[\(letters(3300))]Z)$", "^(a+)+$", "^(a|aa)+$", "^(.*a){20}b$", "^(?i:\(letters(1000)))$",
            "^(?i:[^[^[^\(letters(1000))]]])*b$", "^[[:alpha:][^[:upper:]]]*b$",
        ] {
            let regex = try RubyRegex(expression)
            for text in [String(repeating: "a", count: 10_000), String(repeating: "字", count: 10_000)] {
                let (steps, twice) = (steps(regex, text), steps(regex, text + text))
                #expect(twice < steps * 5 / 2, "\(expression.prefix(30))… \(steps) steps, then \(twice)")
            }
        }
    }

    @Test("A match that needs more than its budget is undecided, and stops in time")
    func budget() throws {
        let text = String(repeating: "a", count: 1000) + "!"
        let lookahead = try RubyRegex("^((?=.*b)a|a)*$")
        #expect(lookahead.matches(text) == false)
        #expect(lookahead.matches(text, budget: 100_000) == nil)
        // Nested lookahead is what takes more than linear time.
        let nested = try RubyRegex(String(repeating: "(?=.*", count: 150) + "b" + String(repeating: ")", count: 150))
        let time = ContinuousClock().measure { #expect(nested.matches(String(repeating: "a", count: 100_000)) == nil) }
        #expect(time < .seconds(20))
    }

    @Test("Several quantifiers in a row mean what they mean one inside the other")
    func stacked() throws {
        for (expression, matching, other) in [
            (#"\Aa+?*\z"#, ["", "aaa"], ["b"]), (#"\Aa?*\z"#, ["", "aaa"], ["b"]),
            (#"\Aa{2}*\z"#, ["", "aaaa"], ["aaa"]),
            (#"\A(?:a{2})?\z"#, ["", "aa"], ["a"]), (#"\Aa*{2}\z"#, ["", "a", "aaa"], ["b"]),
            (#"\Aa??\z"#, ["", "a"], ["aa"]),
        ] {
            let regex = try RubyRegex(expression)
            for text in matching { #expect(regex.matches(text) == true, "\(expression) \(text)") }
            for text in other { #expect(regex.matches(text) == false, "\(expression) \(text)") }
        }
    }

    @Test("Case is ignored in nested and negated brackets as in Ruby")
    func caseless() throws {
        let regex = try RubyRegex(#"(?i)\A[^b[^c]]\z"#)
        #expect(["c", "C", "b", "x"].map { regex.matches($0) } == [true, true, false, false])
        let inner = try RubyRegex(#"(?i)\A[x[^c]]\z"#)
        #expect(["c", "C", "x", "X", "é"].map { inner.matches($0) } == [false, false, true, true, true])
        #expect(try RubyRegex(#"(?i)\A[à-ý]\z"#).matches("É") == true)
        #expect(try RubyRegex(#"(?i)\Ak\z"#).matches("K") == true)
    }

    /// The least budget that decides.
    private func steps(_ regex: RubyRegex, _ text: String) -> Int {
        var (low, high) = (1, 1)
        while regex.matches(text, budget: high) == nil { (low, high) = (high, high * 2) }
        while high - low > high / 50 {
            let middle = (low + high) / 2
            if regex.matches(text, budget: middle) == nil { low = middle } else { high = middle }
        }
        return high
    }
}

/// An expression, and why it is refused. Its name in a test's output is short.
struct Expression: Sendable, CustomTestStringConvertible {
    let text: String
    let code: RubyRegexError.Code?

    init(_ text: String, _ code: RubyRegexError.Code? = nil) { (self.text, self.code) = (text, code) }

    var testDescription: String { "\(text.prefix(20))… (\(text.utf8.count) bytes)" }
}

/// Different letters that are not next to each other.
private func letters(_ count: Int) -> String {
    String(String.UnicodeScalarView((0..<count).compactMap { Unicode.Scalar(0x4e00 + 2 * UInt32($0 % 10_000)) }))
}
