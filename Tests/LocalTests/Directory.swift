import Foundation
import Logging
import SystemPackage

/// A directory for as long as `body` runs.
func withDirectory<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "local-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(FilePath(directory.path))
}

func withDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "local-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(FilePath(directory.path))
}

extension Logger {
    static var silentInTests: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
