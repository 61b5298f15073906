/// Appends lines to a file that others may append to, or that may be another one each time.
///
/// Of a line that could not be written whole, as on a full disk, a part may be in the file. It cannot be cut off, since a line of
/// another process may stand behind it: it is ended before the next line, which is whole then.
package struct LineAppender: Sendable {
    private var isTorn = false

    package init() {}

    /// Appends one line.
    ///
    /// - Parameters:
    ///   - line: With its line end.
    ///   - file: Opened for appending.
    /// - Throws: `Errno`.
    package mutating func append(_ line: some Sequence<UInt8>, to file: SystemFile) throws {
        let bytes = (isTorn ? [UInt8(ascii: "\n")] : []) + Array(line)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try unsafe rest.withUnsafeBytes { try unsafe file.write($0) }
            rest = rest.dropFirst(count)
            isTorn = !rest.isEmpty
        }
    }
}
