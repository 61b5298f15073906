import BgdemoFoundations
import BgdemoSystemCompat

/// A file of events, each a line of JSON.
final class RecordFile: Sendable {
    private let file: FileDescriptor

    /// Makes the file, or empties it.
    ///
    /// - Throws: ``StageError`` where it cannot be written.
    init(_ path: String) throws {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch {
            throw StageError("cannot write the record \(path): \(error)")
        }
    }

    func write(_ line: String) throws { try file.writeAll("\(line)\n".utf8) }

    func close() throws { try file.close() }
}
