/// How much of each file is on disk for certain: the lines of `strace -f -y -s 0`, call by call.
///
/// A file's synced length is what had been written to it when its last `fsync` or `fdatasync` began, and counts when that
/// call has returned. Files are only appended to here, or replaced by a rename; what is overwritten in place is not seen.
struct DiskTrace {
    /// The calls to be traced.
    static let calls =
        "open,openat,creat,write,writev,pwrite64,pwritev,ftruncate,fsync,fdatasync,rename,renameat,renameat2"

    private struct File {
        var written = 0
        var synced = 0
    }

    /// The directory to which the names of renames are relative.
    private let directory: String
    private var files: [String: File] = [:]
    /// The beginning of a call of each thread that has not returned.
    private var unfinished: [Substring: Substring] = [:]
    /// What had been written when a call that forces a file to disk began.
    private var forcing: [Substring: Int] = [:]

    init(directory: String) {
        self.directory = directory
    }

    /// The synced length of each file that was written; no others are known.
    var synced: [String: Int] { files.mapValues(\.synced) }

    /// Reads the next line: `123 fdatasync(8</data/appendonly.aof>) = 0`. A line of another kind changes nothing.
    mutating func read(_ line: Substring) {
        guard let space = line.firstIndex(of: " ") else { return }
        let thread = line[..<space]
        var call = line[space...].drop { $0 == " " }
        if let end = call.firstRange(of: " <unfinished ...>")?.lowerBound {
            unfinished[thread] = call[..<end]
            return begin(call[..<end], thread)
        }
        if call.hasPrefix("<..."), let end = call.firstRange(of: "resumed>")?.upperBound {
            guard let beginning = unfinished.removeValue(forKey: thread) else { return }
            call = beginning + call[end...]
        } else {
            begin(call, thread)
        }
        finish(call, thread)
    }

    private mutating func begin(_ call: Substring, _ thread: Substring) {
        guard call.hasPrefix("fsync(") || call.hasPrefix("fdatasync("), let path = Self.path(call) else { return }
        forcing[thread] = files[path]?.written
    }

    private mutating func finish(_ call: Substring, _ thread: Substring) {
        guard let name = call.firstIndex(of: "(").map({ call[..<$0] }),
            let equals = call.ranges(of: " = ").last, let result = Self.number(call[equals.upperBound...]),
            result >= 0
        else { return }
        let arguments = call[..<equals.lowerBound]
        switch name {
        case "open", "openat", "creat":
            guard name == "creat" || arguments.contains("O_TRUNC"), let path = Self.path(call[equals.upperBound...])
            else {
                return
            }
            files[path] = File()
        case "write", "writev":
            if let path = Self.path(arguments) { files[path, default: File()].written += result }
        case "pwrite64", "pwritev":
            guard let path = Self.path(arguments), let offset = Self.lastNumber(arguments) else { return }
            files[path, default: File()].written = max(files[path]?.written ?? 0, offset + result)
        case "ftruncate":
            guard let path = Self.path(arguments), let length = Self.lastNumber(arguments) else { return }
            let synced = min(files[path]?.synced ?? 0, length)
            files[path] = File(written: length, synced: synced)
        case "fsync", "fdatasync":
            guard let path = Self.path(arguments), let length = forcing.removeValue(forKey: thread) else { return }
            files[path]?.synced = length
        default:
            let names = Self.names(arguments).map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
            guard names.count == 2 else { return }
            files[names[1]] = files.removeValue(forKey: names[0])
        }
    }

    /// The path of a descriptor, or of a result: `8</data/appendonly.aof>`. Sockets and pipes have none.
    private static func path(_ text: Substring) -> String? {
        guard let start = text.firstIndex(of: "<"), let end = text[start...].firstIndex(of: ">") else { return nil }
        let path = text[text.index(after: start)..<end]
        return path.hasPrefix("/") ? String(path) : nil
    }

    /// What stands between quotes.
    private static func names(_ text: Substring) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().compactMap { place, part in
            place % 2 == 1 ? String(part) : nil
        }
    }

    private static func number(_ text: Substring) -> Int? { Int(text.prefix { $0.isNumber || $0 == "-" }) }

    /// `100` of `ftruncate(8</data/journal>, 100)`.
    private static func lastNumber(_ text: Substring) -> Int? {
        text.split(separator: ",").last.flatMap { number($0.drop { $0 == " " }) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
