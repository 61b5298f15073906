import Foundation
public import Logging
public import BgdemoSystemCompat

/// A directory for as long as `body` runs.
public func withDirectory<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "bgdemo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try await body(FilePath(directory.path))
}

public func withDirectory<Result>(_ body: (FilePath) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "bgdemo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(FilePath(directory.path))
}

extension Logger {
    public static var silentInTests: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
