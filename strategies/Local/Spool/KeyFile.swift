import BgdemoCore
import BgdemoFoundations
import BgdemoSystemCompat
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A line of the file of keys: `{"at":…,"key":…,"kind":…,"record":…}`.
struct KeyLine: Sendable {
    enum Kind: String, Sendable {
        case request, answer
        /// The request was not accepted.
        case nothing
    }

    /// Milliseconds since 1970.
    let at: Int
    let key: String
    let kind: Kind
    let record: IdempotencyRecord

    static var now: Int { Int(Date.now.timeIntervalSince1970 * 1000) }

    var json: [UInt8] {
        var json = JSONWriter()
        json.object {
            $0.member("at", at)
            $0.member("key", key)
            $0.member("kind", kind.rawValue)
            $0.member("record", record.text)
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    func isValid(at now: Int) -> Bool { now - at < IdempotencyRecord.lifetime.milliseconds }

    init(at: Int, key: String, kind: Kind, record: IdempotencyRecord) {
        (self.at, self.key, self.kind, self.record) = (at, key, kind, record)
    }

    /// nil where the bytes are no such line, or the torn end of one.
    init?(_ bytes: some Sequence<UInt8>) {
        guard let object = try? JSONObject(Array(bytes)), let at = object["at"]?.int, let key = object["key"]?.text,
            let kind = object["kind"]?.text.flatMap(Kind.init), let text = object["record"]?.text,
            let record = IdempotencyRecord(text)
        else { return nil }
        self.init(at: at, key: key, kind: kind, record: record)
    }
}

/// The file of keys, which several processes may have open. One at a time reads and changes it. Past a size it is replaced by
/// a new file, which has the keys of a day and no more than 200,000.
final class KeyFile: Sendable {
    private let path: FilePath
    private let compaction: Int
    private let keys: Mutex<Keys>

    /// - Parameter compaction: The file is compacted once it has so many bytes, and twice as many as after the last time.
    ///   Default: never.
    init(_ path: FilePath, compaction: Int = .max) throws {
        self.path = path
        self.compaction = compaction
        keys = Mutex(try Keys(path))
        try withKeys { _ in }
    }

    deinit { keys.withLock { $0.close() } }

    /// Runs `body` with what is in the file now. No other process reads or changes it meanwhile.
    ///
    /// - Throws: `Errno`, and what `body` throws.
    func withKeys<Result: Sendable>(_ body: (inout Keys) throws -> Result) throws -> Result {
        try keys.withLock { keys in
            try keys.lock(path)
            defer { keys.unlock() }
            keys.compactIfWorthwhile(path, past: compaction)
            return try body(&keys)
        }
    }

    func compact() throws { try withKeys { try $0.compact(path) } }
}

/// The lines of the file of keys, as far as it was read.
struct Keys: Sendable {
    private var file: SystemFile
    private var inode: ino_t
    private var lines: [String: KeyLine] = [:]
    /// Up to here the file was read.
    private var offset = 0
    /// The beginning of a last line whose end is not there.
    private var rest: [UInt8] = []
    private var compactedSize = 0

    /// The most keys that are kept; of further ones the oldest are forgotten early.
    private static let limit = 200_000
    private static let chunk = 1 << 20
    /// How long another process may take, whose compaction is the longest that it does.
    private static let lockTimeout = Duration.seconds(10)

    fileprivate init(_ path: FilePath) throws { (file, inode) = try Self.open(path) }

    private static func open(_ path: FilePath, truncating: Bool = false) throws -> (SystemFile, ino_t) {
        var options: SystemFile.OpenOptions = [.append, .create, .closeOnExec]
        if truncating { options.insert(.truncate) }
        let file = try SystemFile.open(path, .readWrite, options: options, permissions: [.ownerReadWrite])
        var status = stat()
        guard unsafe fstat(file.rawValue, &status) == 0 else {
            let error = Errno(rawValue: errno)
            try? file.close()
            throw error
        }
        return (file, status.st_ino)
    }

    fileprivate func close() { try? file.close() }

    // MARK: One process at a time

    /// Locks the file, or the one that has taken its place, and reads what is new in it.
    fileprivate mutating func lock(_ path: FilePath) throws {
        try lockFile()
        do {
            while true {
                var status = stat()
                let isThere = unsafe stat(path.string, &status) == 0
                let size = Int(status.st_size)
                if isThere, status.st_ino == inode, size >= offset { return try read(to: size) }
                try reopen(path)
                try lockFile()
            }
        } catch {
            unlock()
            throw error
        }
    }

    private func lockFile() throws {
        let end = ContinuousClock.now + Self.lockTimeout
        while flock(file.rawValue, LOCK_EX | LOCK_NB) != 0 {
            let error = Errno(rawValue: errno)
            guard error == .wouldBlock || error == .interrupted, ContinuousClock.now < end else { throw error }
            usleep(1000)
        }
    }

    fileprivate func unlock() { _ = flock(file.rawValue, LOCK_UN) }

    private mutating func reopen(_ path: FilePath) throws {
        let (new, inode) = try Self.open(path)
        replace(by: new, inode, lines: [:], size: 0)
    }

    private mutating func replace(by new: SystemFile, _ inode: ino_t, lines: [String: KeyLine], size: Int) {
        // Its lock ends with it.
        close()
        (file, self.inode, self.lines, offset, rest) = (new, inode, lines, size, [])
    }

    // MARK: Lines

    /// The newest line of a key.
    func line(of key: String) -> KeyLine? { lines[key] }

    private mutating func read(to size: Int) throws {
        while offset < size {
            let bytes = try Self.bytes(of: file, from: offset, count: min(Self.chunk, size - offset))
            guard !bytes.isEmpty else { return }
            offset += bytes.count
            var read = (rest + bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            rest = read.popLast().map { Array($0) } ?? []
            for bytes in read {
                if let line = KeyLine(bytes) { lines[line.key] = line }
            }
            forgetOldest()
        }
    }

    private static func bytes(of file: SystemFile, from offset: Int, count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, count in
            count = unsafe try file.read(fromAbsoluteOffset: Int64(offset), into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Appends a line. It survives this process then.
    mutating func append(_ line: KeyLine) throws {
        // A line that was not written whole, as on a full disk, is ended: it spoils no other then.
        let bytes = (rest.isEmpty ? [] : [UInt8(ascii: "\n")]) + line.json
        try file.writeAll(bytes)
        offset += bytes.count
        rest = []
        lines[line.key] = line
        forgetOldest()
    }

    private mutating func forgetOldest() {
        if lines.count > 2 * Self.limit { lines = Self.newest(lines.values) }
    }

    private static func newest(_ lines: some Sequence<KeyLine>) -> [String: KeyLine] {
        let kept = lines.sorted { $0.at > $1.at }.prefix(limit)
        return Dictionary(kept.map { ($0.key, $0) }) { first, _ in first }
    }

    // MARK: Compaction

    fileprivate mutating func compactIfWorthwhile(_ path: FilePath, past compaction: Int) {
        guard offset >= compaction, offset >= 2 * compactedSize else { return }
        // On a full disk the file stays as it is, and is compacted when it has grown as much again.
        do { try compact(path) } catch { compactedSize = offset }
    }

    /// Writes the newest line of each key of the last day to a new file, which replaces the old one.
    fileprivate mutating func compact(_ path: FilePath) throws {
        let now = KeyLine.now
        let kept = Self.newest(lines.values.filter { $0.kind != .nothing && $0.isValid(at: now) })
        let aside = FilePath(path.string + ".new")
        let (new, inode) = try Self.open(aside, truncating: true)
        var size = 0
        do {
            var bytes: [UInt8] = []
            func write() throws {
                size += try new.writeAll(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
            for line in kept.values.sorted(by: { $0.at < $1.at }) {
                bytes += line.json
                if bytes.count >= Self.chunk { try write() }
            }
            try write()
            // Locked before it has the name by which others find it.
            guard flock(new.rawValue, LOCK_EX | LOCK_NB) == 0, fsync(new.rawValue) == 0,
                unsafe rename(aside.string, path.string) == 0
            else { throw Errno(rawValue: errno) }
        } catch {
            try? new.close()
            _ = unsafe unlink(aside.string)
            throw error
        }
        replace(by: new, inode, lines: kept, size: size)
        compactedSize = size
    }
}
