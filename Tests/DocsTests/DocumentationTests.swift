import Foundation
import Testing

/// What the documentation shows of Swift is compiled and run here: every piece stands in this folder, line by line.
struct DocumentationTests {
    /// Some lines of Swift, and where they were found.
    struct Piece: Sendable, CustomTestStringConvertible {
        let place: String
        let lines: [String]

        var testDescription: String { place }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardizedFileURL

    private static let folders = ["Tests/DocsTests", "Tests/EighthStrategy"]

    @Test("Every piece of Swift in a page or a comment stands in a file of this folder", arguments: pieces)
    func isCompiled(_ piece: Piece) throws {
        let isThere = try Self.folders.contains { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.root.path)/\(folder)").contains { file in
                try Self.lines(of: "\(folder)/\(file)").contains(piece.lines)
            }
        }
        #expect(isThere, "no file of \(Self.folders) has:\n\(piece.lines.joined(separator: "\n"))")
    }

    @Test("There are such pieces in pages and in comments, and one that is changed is not found")
    func canFail() throws {
        #expect(Self.pieces.contains { $0.place.contains(".md:") })
        let piece = try #require(Self.pieces.first { $0.place.contains(".swift:") })
        let others = try Self.lines(of: "Tests/DocsTests/ResqueSnippets.swift")
        #expect(!others.contains(piece.lines + ["and more"]))
    }

    @Test("Every page that a page leads to is there", arguments: files.filter { $0.hasSuffix(".md") })
    func links(in page: String) throws {
        let folder = page.split(separator: "/").dropLast().joined(separator: "/")
        for line in try Self.lines(of: page) {
            for link in line.matches(of: /\]\(([^)#\s]+)[^)]*\)/).map(\.1) where !link.contains("://") {
                let path = Self.root.appending(path: folder).appending(path: String(link)).standardizedFileURL.path
                #expect(FileManager.default.fileExists(atPath: path), "\(link)")
            }
        }
    }

    private static var files: [String] {
        let all = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return all.filter { !$0.hasPrefix(".build") && ($0.hasSuffix(".md") || $0.hasSuffix(".swift")) }
    }

    private static var pieces: [Piece] { files.flatMap { (try? pieces(in: $0)) ?? [] } }

    /// The blocks between ```` ```swift ```` and its end; in a Swift file, those within comments.
    private static func pieces(in file: String) throws -> [Piece] {
        var pieces: [Piece] = []
        var block: (number: Int, indentation: Int, lines: [String])?
        for (number, line) in try lines(of: file).enumerated() {
            var line = line[...]
            if file.hasSuffix(".swift") {
                line = line.drop(while: \.isWhitespace)
                guard line.hasPrefix("///") else { continue }
                line = line.dropFirst(line.hasPrefix("/// ") ? 4 : 3)
            }
            let indentation = line.prefix(while: \.isWhitespace).count
            switch (block, line.dropFirst(indentation)) {
            case (nil, "```swift"): block = (number + 1, indentation, [])
            case (let begun?, "```"):
                pieces.append(Piece(place: "\(file):\(begun.number)", lines: begun.lines))
                block = nil
            case (let begun?, _): block?.lines.append(String(line.dropFirst(min(indentation, begun.indentation))))
            default: break
            }
        }
        return pieces
    }

    private static func lines(of file: String) throws -> [String] {
        try String(contentsOf: root.appending(path: file), encoding: .utf8).components(separatedBy: "\n")
    }
}

extension [String] {
    /// Whether they have these lines, in a row and however far to the right.
    fileprivate func contains(_ piece: [String]) -> Bool {
        guard let first = piece.first, count >= piece.count else { return false }
        return indices.dropLast(piece.count - 1).contains { start in
            guard self[start].hasSuffix(first) else { return false }
            let indentation = self[start].dropLast(first.count)
            return indentation.allSatisfy(\.isWhitespace)
                && zip(self[start...], piece).allSatisfy { $0 == ($1.isEmpty ? "" : indentation + $1) }
        }
    }
}
