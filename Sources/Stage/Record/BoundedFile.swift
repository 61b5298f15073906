import BgdemoSystemCompat

/// A file of the command line that is read as a whole.
enum BoundedFile {
    /// - Throws: ``StageError`` where it cannot be read, or has more than `limit` bytes.
    static func read(_ path: String, limit: Int) throws(StageError) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            try file.closeAfter {
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while bytes.count <= limit {
                    let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
                    guard count > 0 else { break }
                    bytes += chunk.prefix(count)
                }
            }
        } catch {
            throw StageError("cannot read \(path): \(error)")
        }
        guard bytes.count <= limit else { throw StageError("\(path) has more than \(limit) bytes") }
        return bytes
    }
}
