import BgdemoFoundations

/// What somebody probably meant who typed arguments that `bgdemo` does not know.
enum Suggestion {
    /// The sentence that follows an error, or nil where nothing is close.
    ///
    /// - Parameters:
    ///   - arguments: Those after the program's name.
    ///   - commands: The names of all commands.
    ///   - subcommands: The names of the commands below a command.
    static func sentence(
        for arguments: [String], commands: [String], subcommands: [String: [String]] = [:], strategies: [String]
    ) -> String? {
        command(for: arguments, commands, subcommands, strategies).map { "Did you mean 'bgdemo \($0)'?" }
    }

    private static func command(
        for arguments: [String], _ commands: [String], _ subcommands: [String: [String]], _ strategies: [String]
    ) -> String? {
        guard let first = arguments.first else { return nil }
        if first.hasBytePrefix("--strategy") || first.hasBytePrefix("--role") {
            let strategy = strategy(in: arguments, strategies).map { ["--strategy", $0] }
            return (["serve"] + (strategy ?? arguments)).joined(separator: " ")
        }
        guard !first.hasBytePrefix("-") else { return nil }
        guard commands.contains(first) else {
            if let strategy = closest(to: first, in: strategies, within: 1) { return "serve --strategy \(strategy)" }
            return synonyms[first]
                ?? closest(to: first, in: commands + ["--version"], within: first.utf8.count > 4 ? 2 : 1)
        }
        // doctor takes the options of serve.
        if ["serve", "doctor"].contains(first), let option = arguments.lazy.compactMap({ optionSynonyms[$0] }).first {
            return "\(first) \(option)"
        }
        guard let word = arguments.dropFirst().first else { return nil }
        guard !word.hasBytePrefix("-") else {
            return strategy(in: arguments, strategies).map { "\(first) --strategy \($0)" }
        }
        switch first {
        case "help": return closest(to: word, in: commands, within: 2).map { "help \($0)" }
        case "serve": return closest(to: word, in: strategies, within: 2).map { "serve --strategy \($0)" }
        case "compare", "chaos":
            return closest(to: word, in: strategies, within: 2).map { "\(first) --strategies \($0)" }
        default:
            let names = subcommands[first] ?? []
            return names.contains(word) ? nil : closest(to: word, in: names, within: 2).map { "\(first) \($0)" }
        }
    }

    /// An error without the parser's own suggestion for an option, which would contradict ours.
    static func removed(from message: String) -> String {
        message.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.split(separator: ". Did you mean '--").first ?? line
        }.joined(separator: "\n")
    }

    /// What other programs call a command.
    private static let synonyms = [
        "run": "serve", "start": "serve", "server": "serve", "web": "serve",
        "work": "serve --role worker --strategy resque", "worker": "serve --role worker --strategy resque",
        "mail": "inbox", "mails": "inbox", "mailbox": "inbox", "smtp": "inbox",
        "push": "enqueue", "publish": "bus publish", "benchmark": "bench", "load": "bench",
        "check": "doctor", "status": "doctor", "talk": "stage", "slides": "stage",
    ]

    /// What other programs call an option of serve, which has none of these.
    private static let optionSynonyms = [
        "-s": "--strategy", "-p": "--port", "-r": "--role", "-w": "--workers", "-c": "--concurrency",
        "--redis": "--redis-url", "--smtp": "--smtp-url", "--mail": "--smtp-url", "--verbose": "--log-level debug",
        "-v": "--log-level debug", "--quiet": "--log-level warning", "-q": "--log-level warning",
    ]

    /// The strategy that was probably meant by a value of `--strategy` that is none.
    private static func strategy(in arguments: [String], _ strategies: [String]) -> String? {
        let flag = "--strategy"
        let values = arguments.indices.compactMap { place in
            arguments[place] == flag
                ? arguments[(place + 1)...].first
                : arguments[place].hasBytePrefix("\(flag)=") ? String(arguments[place].dropFirst(flag.count + 1)) : nil
        }
        guard let given = values.first, !given.isEmpty, !strategies.contains(where: given.hasSameBytes) else {
            return nil
        }
        let value = given.asciiLowercased()
        let begun = strategies.filter { $0.hasBytePrefix(value) }
        return closest(to: value, in: strategies, within: 2) ?? (begun.count == 1 ? begun[0] : nil)
    }

    /// The name that differs least, by at most `limit` changes of a character.
    static func closest(to word: String, in names: [String], within limit: Int) -> String? {
        guard word.utf8.count <= 40 else { return nil }
        let distances = names.map { (name: $0, distance: distance(Array(word.utf8), Array($0.utf8))) }
        return distances.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
    }

    /// How many bytes must be inserted, removed, replaced or swapped with the next to make one word the other.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var rows = [Array(0...other.count)]
        for (row, byte) in one.enumerated() {
            var next = [row + 1]
            for (column, otherByte) in other.enumerated() {
                var cost = min(
                    rows[row][column] + (byte == otherByte ? 0 : 1), rows[row][column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, byte == other[column - 1], one[row - 1] == otherByte {
                    cost = min(cost, rows[row - 1][column - 1] + 1)
                }
                next.append(cost)
            }
            rows.append(next)
        }
        return rows[one.count][other.count]
    }
}
