import BgdemoSystemCompat
import Synchronization

/// A text file that grows by whole lines, whoever else appends to it: an archive, an audit trail, dead letters.
public final class LineFile: Sendable {
    private let path: String
    private let file: FileDescriptor
    private let lock = Mutex(())

    /// Opens the file, or makes it, for its user alone to read.
    ///
    /// - Throws: ``LineFileError`` where it can't be opened to append.
    public init(_ path: String) throws(LineFileError) {
        self.path = path
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
        } catch {
            throw LineFileError(path: path, reason: "\(error)")
        }
    }

    deinit {
        try? file.close()
    }

    /// Appends one line. When this returns the system has it; a power cut may still take it.
    public func append(_ line: String) throws(LineFileError) {
        do {
            try lock.withLock { _ in
                _ = try file.writeAll(Array("\(line)\n".utf8))
            }
        } catch {
            throw LineFileError(path: path, reason: "\(error)")
        }
    }
}

/// A line could not be appended.
public struct LineFileError: Error, Sendable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public var description: String { "can't append to \(path): \(reason)" }
}
