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
        guard let first = arguments.first, !first.hasBytePrefix("-") else { return nil }
        guard commands.contains(first) else {
            if let strategy = closest(to: first, in: strategies, within: 1) { return "serve --strategy \(strategy)" }
            return closest(to: first, in: commands + ["--version"], within: 2)
        }
        guard let word = arguments.dropFirst().first, !word.hasBytePrefix("-") else { return nil }
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
