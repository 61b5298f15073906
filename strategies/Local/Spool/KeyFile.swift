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

/// The file of keys. Lines are appended; what others have appended meanwhile is read before a key is looked for.
final class KeyFile: Sendable {
    fileprivate struct State {
        var lines: [String: KeyLine] = [:]
        var offset = 0
        /// The beginning of a line whose end is not there yet.
        var rest: [UInt8] = []
    }

    private static let chunk = 1 << 20

    private let file: SystemFile
    private let state = Mutex(State())

    init(_ path: FilePath) throws {
        file = try SystemFile.open(
            path, .readWrite, options: [.append, .create, .closeOnExec], permissions: [.ownerReadWrite])
        try read()
    }

    deinit { try? file.close() }

    /// The most keys that are kept; of further ones the oldest are forgotten early.
    private static let limit = 200_000

    /// The newest line of a key.
    func line(of key: String) -> KeyLine? { state.withLock { $0.lines[key] } }

    /// Reads what was appended since the last time.
    func read() throws {
        try state.withLock { state in
            while true {
                let bytes = try Self.bytes(of: file, from: state.offset)
                guard !bytes.isEmpty else { return }
                state.offset += bytes.count
                var lines = (state.rest + bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                state.rest = lines.popLast().map { Array($0) } ?? []
                for bytes in lines {
                    if let line = KeyLine(bytes) { state.lines[line.key] = line }
                }
                if state.lines.count > 2 * Self.limit { state.forgetOldest(keeping: Self.limit) }
            }
        }
    }

    private static func bytes(of file: SystemFile, from offset: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
            count = unsafe try file.read(fromAbsoluteOffset: Int64(offset), into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    /// Appends a line. It survives this process then.
    func append(_ line: KeyLine) throws { _ = try file.writeAll(line.json) }

    /// Writes the newest line of each key of the last day to a new file, which replaces the old one.
    static func compact(_ path: FilePath) throws {
        let old = try KeyFile(path)
        let now = KeyLine.now
        let kept = old.state.withLock { $0.lines }.values.filter { $0.kind != .nothing && $0.isValid(at: now) }
        let aside = FilePath(path.string + ".new")
        let new = try SystemFile.open(
            aside, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: [.ownerReadWrite])
        defer { try? new.close() }
        for line in kept.sorted(by: { $0.at < $1.at }) { _ = try new.writeAll(line.json) }
        guard fsync(new.rawValue) == 0, unsafe rename(aside.string, path.string) == 0 else {
            throw Errno(rawValue: errno)
        }
    }
}

extension KeyFile.State {
    fileprivate mutating func forgetOldest(keeping limit: Int) {
        let kept = lines.values.sorted { $0.at > $1.at }.prefix(limit)
        lines = Dictionary(kept.map { ($0.key, $0) }) { first, _ in first }
    }
}
