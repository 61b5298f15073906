import BgdemoSystemCompat
import Synchronization

/// A text file to which whole lines are appended, by several processes where need be: an archive, an audit trail, dead
/// letters.
public final class LineFile: Sendable {
    private let path: String
    private let file: FileDescriptor
    private let appender = Mutex(LineAppender())

    /// Opens the file, or creates it with the rights 0600.
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

    /// Appends one line. It is then with the system; a power cut may still lose it. Of one that could not be written a part may
    /// be in the file, as a line of its own.
    ///
    /// - Throws: ``LineFileError`` where the file could not be written.
    public func append(_ line: String) throws(LineFileError) {
        do {
            try appender.withLock { try $0.append("\(line)\n".utf8, to: file) }
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
