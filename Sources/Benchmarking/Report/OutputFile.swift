import BgdemoPrivateRedis
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A file that a command is told to write its result to.
package enum OutputFile {
    /// Why a file or folder can't be written.
    package struct WriteError: Error, CustomStringConvertible, Hashable {
        package let description: String
    }

    /// Writes all of it or nothing, where the file is a regular one or is not there. A device, a pipe and `/dev/stdout` are
    /// written as they are, and what a link leads to is written in its place.
    package static func write(_ text: String, to path: String) throws(WriteError) {
        do {
            let target = resolved(path)
            guard let type = type(of: target), type != .typeRegular else {
                return try text.write(toFile: target, atomically: true, encoding: .utf8)
            }
            let file = try FileDescriptor.open(FilePath(path), .writeOnly, options: .closeOnExec)
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        } catch {
            throw WriteError(description: "\(path) can't be written: \(error.fileReason)")
        }
    }

    /// Says before there is a result what ``write(_:to:)`` would fail with.
    package static func check(_ path: String) throws(WriteError) {
        let files = FileManager.default
        let type = type(of: resolved(path))
        guard type != .typeDirectory else { throw WriteError(description: "\(path) is a folder; name a file in it") }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let parent = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
        guard type != nil || self.type(of: resolved(parent)) == .typeDirectory,
            files.isWritableFile(atPath: type != nil ? path : parent)
        else {
            throw WriteError(description: "\(path) can't be written: is there such a folder, and may you write in it?")
        }
    }

    /// Says before there is a result why files could not be written into this folder. One that is not there is made later.
    package static func check(folder path: String) throws(WriteError) {
        var place = path
        while type(of: resolved(place)) == nil, let slash = place.lastIndex(of: "/"), slash > place.startIndex {
            place = String(place[..<slash])
        }
        if type(of: resolved(place)) == nil { place = path.hasPrefix("/") ? "/" : "." }
        guard type(of: resolved(place)) == .typeDirectory, FileManager.default.isWritableFile(atPath: place) else {
            throw WriteError(description: "\(path) can't be a folder for files: \(place) is none that you may write in")
        }
    }

    private static func resolved(_ path: String) -> String {
        type(of: path) == .typeSymbolicLink ? URL(filePath: path).resolvingSymlinksInPath().path : path
    }

    /// Of the file itself, not of what a link leads to; nil where there is none.
    private static func type(of path: String) -> FileAttributeType? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType
    }
}
