import Testing

@testable import BgdemoCommandLine

@Suite("Suggestions for mistyped commands")
struct SuggestionTests {
    private static let commands = ["serve", "inbox", "queues", "compare", "help"]
    private static let strategies = ["foreground", "fire-and-forget", "local", "resque"]

    @Test(
        "What is close to a command or a strategy is suggested",
        arguments: [
            (["serve", "resque"], "bgdemo serve --strategy resque"),
            (["serve", "foregruond"], "bgdemo serve --strategy foreground"),
            (["resque"], "bgdemo serve --strategy resque"),
            (["resqe", "--port", "80"], "bgdemo serve --strategy resque"),
            (["sevre", "--strategy", "local"], "bgdemo serve"),
            (["queue"], "bgdemo queues"),
            (["version"], "bgdemo --version"),
            (["help", "srve"], "bgdemo help serve"),
            (["queues", "retyr"], "bgdemo queues retry"),
            (["compare", "resque"], "bgdemo compare --strategies resque"),
            (["--strategy", "resque", "--port", "80"], "bgdemo serve --strategy resque --port 80"),
            (["--strategy=Resque"], "bgdemo serve --strategy resque"),
            (["serve", "--strategy", "Resque"], "bgdemo serve --strategy resque"),
            (["serve", "--strategy", "resqe"], "bgdemo serve --strategy resque"),
            (["serve", "--strategy=fire"], "bgdemo serve --strategy fire-and-forget"),
            (["run"], "bgdemo serve"),
            (["mailbox", "--delay", "2s"], "bgdemo inbox"),
            (["serve", "-s", "resque"], "bgdemo serve --strategy"),
            (["serve", "--redis", "localhost"], "bgdemo serve --redis-url"),
        ])
    func close(arguments: [String], suggestion: String) {
        let sentence = Suggestion.sentence(
            for: arguments, commands: Self.commands, subcommands: ["queues": ["show", "retry"]],
            strategies: Self.strategies)
        #expect(sentence == "Did you mean '\(suggestion)'?")
    }

    @Test(
        "What is close to nothing is not",
        arguments: [
            [], ["--help"], ["xyzzy"], ["serve", "--strategy", "kafka"], ["serve", "--strategy"],
            ["serve", "--strategy", "f"], ["serve", "--strategy", "resque", "--port", "x"], ["serve", "now"],
            ["inbox", "resque"], ["inbox", "-v"], ["queues", "--smtp", "x"],
        ])
    func far(arguments: [String]) {
        #expect(Suggestion.sentence(for: arguments, commands: Self.commands, strategies: Self.strategies) == nil)
    }

    @Test("A long unknown word is handled in bounded time")
    func long() {
        #expect(Suggestion.closest(to: String(repeating: "e\u{301}", count: 100_000), in: ["serve"], within: 2) == nil)
    }
}
