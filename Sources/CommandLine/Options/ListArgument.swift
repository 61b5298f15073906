import ArgumentParser
import BgdemoFoundations

/// An option whose value is a list with commas between its parts.
enum ListArgument {
    /// Reads each part.
    ///
    /// - Parameters:
    ///   - kind: What a part is, such as "a strategy".
    ///   - names: All valid parts, for the error; empty where they are too many to name.
    /// - Throws: `ValidationError` that names the first part that is wrong.
    static func parts<Part>(
        of text: String, kind: String, names: [String] = [], _ part: (String) -> Part?
    ) throws -> [Part] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            let word = String(word)
            if let part = part(word) { return part }
            let close = Suggestion.closest(to: word, in: names, within: 2).map { "; did you mean \($0)?" }
            let all = names.isEmpty ? "" : "; it is one of \(names.joined(separator: ", "))"
            throw ValidationError("'\(printable(word, limit: 80))' is not \(kind)\(close ?? all)")
        }
    }

    /// Completes the part behind the last comma by the names that are not in the list yet.
    static func completion(_ names: @Sendable @escaping () -> [String]) -> CompletionKind {
        .custom { _, _, text in
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let complete = parts.dropLast().map { $0 + "," }.joined()
            return names().filter { !parts.dropLast().contains($0[...]) }.map { complete + $0 }
        }
    }
}
