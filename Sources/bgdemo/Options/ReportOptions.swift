import ArgumentParser
import Compare

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the results go, beside the terminal.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("All figures, for programs; docs/compare.md says what they mean.", valueName: "file"))
    var json: String?

    /// To be asked before anything is measured.
    ///
    /// - Throws: `ValidationError` where a file will not be writable.
    func check() throws {
        for path in [json].compactMap({ $0 }) where !Self.canWrite(path) {
            throw ValidationError("\(path) can't be written: is there such a folder, and may you write in it?")
        }
    }

    func write(_ comparison: Comparison) throws {
        if let json { try comparison.json().write(toFile: json, atomically: true, encoding: .utf8) }
    }

    private static func canWrite(_ path: String) -> Bool {
        let files = FileManager.default
        if files.fileExists(atPath: path) { return files.isWritableFile(atPath: path) }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return files.isWritableFile(atPath: folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder)
    }
}
