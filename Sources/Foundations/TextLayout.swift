/// Text within a number of characters a line.
package enum TextLayout {
    /// Between two columns of a table.
    package static let gap = "  "

    /// The widths of a table's columns within a limit: the widest give way, down to the least of each. Wider than the
    /// limit where that is not enough.
    package static func widths(_ widths: [Int], least: [Int], within limit: Int) -> [Int] {
        var widths = widths
        var excess = widths.reduce(gap.count * (widths.count - 1), +) - limit
        while excess > 0 {
            let shrinking = widths.indices.filter { widths[$0] > least[$0] }
            guard let widest = shrinking.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
            excess -= 1
        }
        return widths
    }

    /// The text, or as much of it as there is room for, with a `…`.
    package static func cut(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(max(0, width - 1)) + "…" : text
    }

    /// The text in lines that end between words, and keep their line ends. A word that is longer than a line is one.
    package static func wrapped(_ text: String, to width: Int) -> String {
        lines(of: text).map { paragraph in
            var lines: [String] = []
            for word in paragraph.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) {
                let word = Substring(word)
                if let last = lines.last, last.count + 1 + word.count <= width {
                    lines[lines.count - 1] = "\(last) \(word)"
                } else {
                    lines.append(String(word))
                }
            }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func lines(of text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Substring($0) }
    }
}
