#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Mail
import NIOCore

#if canImport(Darwin)
    import System
#else
    import SystemPackage
#endif

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The file in which accepted mails survive their master: records, one after the other, each
///
///     length    4 bytes, big endian: of the payload
///     checksum  4 bytes, big endian: CRC-32 of the payload
///     payload   a mail's message as it came over the pipe, or `-` and the id of a mail that is settled
///
/// A length begins with a zero byte and a message has none, so that no mail can look like a record.
struct Journal: Sendable {
    enum Record: Sendable, Equatable {
        case mail(EmailID, ByteBuffer)
        case settled(EmailID)
    }

    /// What was found when the file was opened.
    struct Found: Sendable {
        /// The mails that are not settled, in their order.
        var mails: [(id: EmailID, line: ByteBuffer)] = []
        /// Bytes of a last record that was not written whole, and were cut off. Nobody was told it was safe.
        var torn = 0
        /// Bytes in the middle that are no record: somebody, or a disk, has changed them.
        var damaged = 0
    }

    private let directory: FilePath
    private var file: SystemFile
    /// Where the unsettled mails stand.
    private var live: [EmailID: Range<Int>] = [:]
    private var liveBytes = 0
    private(set) var size = 0
    /// The file is written anew once it is this long, and little of it is alive.
    private let compaction: Int

    private static let headerSize = 8
    private static let longest = PipeMessage.longest + 64

    private var path: FilePath { directory.appending("journal") }

    // MARK: Opening

    static func open(_ directory: FilePath, compaction: Int = 32 << 20) throws -> (Journal, Found) {
        var journal = try Journal(directory, compaction)
        let found = try journal.recover()
        return (journal, found)
    }

    private init(_ directory: FilePath, _ compaction: Int) throws {
        self.directory = directory
        self.compaction = compaction
        // Of a compaction that did not come to its end.
        _ = unsafe unlink(directory.appending("journal.new").string)
        file = try Self.openFile(directory.appending("journal"))
    }

    private static func openFile(_ path: FilePath, truncating: Bool = false) throws -> SystemFile {
        try SystemFile.open(
            path, .readWrite, options: truncating ? [.create, .truncate, .closeOnExec] : [.create, .closeOnExec],
            permissions: [.ownerReadWrite])
    }

    /// Reads the file from its beginning, and makes it end after its last whole record.
    private mutating func recover() throws -> Found {
        let bytes = ByteBuffer(bytes: try Data(contentsOf: URL(filePath: path.string)))
        var found = Found()
        var lines: [EmailID: ByteBuffer] = [:]
        var order: [EmailID] = []
        var place = 0
        while let next = Self.nextRecord(bytes, from: place) {
            found.damaged += next.range.lowerBound - place
            place = next.range.upperBound
            note(next.record, at: next.range)
            switch next.record {
            case .mail(let id, let line):
                if lines.updateValue(line, forKey: id) == nil { order.append(id) }
            case .settled(let id): lines[id] = nil
            }
        }
        found.torn = bytes.readableBytes - place
        found.mails = order.compactMap { id in lines[id].map { (id, $0) } }
        if found.torn > 0 { try file.resize(to: Int64(place)) }
        size = place
        return found
    }

    /// The first whole record at `place` or after it.
    private static func nextRecord(_ bytes: ByteBuffer, from place: Int) -> (record: Record, range: Range<Int>)? {
        var start = place
        while start + headerSize < bytes.writerIndex {
            if let record = record(bytes, at: start) { return record }
            start += 1
        }
        return nil
    }

    private static func record(_ bytes: ByteBuffer, at start: Int) -> (record: Record, range: Range<Int>)? {
        guard let length = bytes.getInteger(at: start, as: UInt32.self), length > 0, length <= longest,
            let checksum = bytes.getInteger(at: start + 4, as: UInt32.self),
            let payload = bytes.getSlice(at: start + headerSize, length: Int(length)),
            Checksum.of(payload.readableBytesView) == checksum, let record = Record(payload)
        else { return nil }
        return (record, start..<(start + headerSize + Int(length)))
    }

    // MARK: Writing

    /// Writes the records after those that are there. The system has them then, and keeps them though this process die;
    /// a disk has them after ``sync()``.
    ///
    /// - Throws: `Errno`; nothing of the records is in the file then.
    mutating func append(_ records: [Record]) throws {
        var bytes = ByteBuffer()
        var ranges: [Range<Int>] = []
        for record in records {
            let start = size + bytes.readableBytes
            record.write(into: &bytes)
            ranges.append(start..<(size + bytes.readableBytes))
        }
        do {
            try file.seek(offset: Int64(size), from: .start)
            try file.writeAll(bytes.readableBytesView)
        } catch {
            try? file.resize(to: Int64(size))
            throw error
        }
        size += bytes.readableBytes
        for (record, range) in zip(records, ranges) { note(record, at: range) }
    }

    func sync() throws {
        #if canImport(Darwin)
            let result = fcntl(file.rawValue, F_FULLFSYNC)
        #else
            let result = fsync(file.rawValue)
        #endif
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    private mutating func note(_ record: Record, at range: Range<Int>) {
        switch record {
        case .mail(let id, _):
            forget(id)
            live[id] = range
            liveBytes += range.count
        case .settled(let id): forget(id)
        }
    }

    private mutating func forget(_ id: EmailID) {
        if let range = live.removeValue(forKey: id) { liveBytes -= range.count }
    }

    // MARK: Compaction

    /// Writes the file anew where that is worth it.
    ///
    /// - Returns: Whether it did.
    mutating func compactIfWorthwhile() throws -> Bool {
        guard size >= compaction, liveBytes < size / 4 else { return false }
        try compact()
        return true
    }

    /// Writes what is alive into a new file and puts it in the old one's place. Whenever the process dies, one of the
    /// two is there and whole.
    ///
    /// - Parameter settled: Mails that need no keeping any more, though there is no record of it.
    mutating func compact(without settled: [EmailID] = []) throws {
        for id in settled { forget(id) }
        let aside = directory.appending("journal.new")
        let new = try Self.openFile(aside, truncating: true)
        var moved: [EmailID: Range<Int>] = [:]
        var end = 0
        do {
            var bytes = ByteBuffer()
            for (id, range) in live.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }) {
                try unsafe bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: range.count) { space in
                    let space = unsafe UnsafeMutableRawBufferPointer(rebasing: space[..<range.count])
                    return unsafe try file.read(fromAbsoluteOffset: Int64(range.lowerBound), into: space)
                }
                moved[id] = end..<(end + range.count)
                end += range.count
                guard bytes.readableBytes > 1 << 20 else { continue }
                try new.writeAll(bytes.readableBytesView)
                bytes.clear()
            }
            try new.writeAll(bytes.readableBytesView)
            guard fsync(new.rawValue) == 0, unsafe rename(aside.string, path.string) == 0 else {
                throw Errno(rawValue: errno)
            }
        } catch {
            try? new.close()
            _ = unsafe unlink(aside.string)
            throw error
        }
        try? file.close()
        (file, live, size) = (new, moved, end)
        try Self.syncDirectory(directory)
    }

    /// The name of a new file is on disk when its directory is.
    static func syncDirectory(_ directory: FilePath) throws {
        let directory = try SystemFile.open(directory, .readOnly)
        defer { try? directory.close() }
        guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    func close() { try? file.close() }
}

extension Journal.Record {
    fileprivate init?(_ payload: ByteBuffer) {
        if payload.readableBytesView.first == UInt8(ascii: "-") {
            var text = payload
            text.moveReaderIndex(forwardBy: 1)
            guard let id = EmailID(String(buffer: text)) else { return nil }
            self = .settled(id)
        } else {
            guard case .mail(let id, let line)? = PipeMessage(payload) else { return nil }
            self = .mail(id, line)
        }
    }

    fileprivate func write(into bytes: inout ByteBuffer) {
        let start = bytes.writerIndex
        bytes.writeInteger(UInt64(0))
        switch self {
        case .mail(_, let line): bytes.writeImmutableBuffer(line)
        case .settled(let id): bytes.writeString("-\(id)")
        }
        let payload = bytes.readableBytesView[(start + 8)...]
        bytes.setInteger(UInt32(truncatingIfNeeded: payload.count), at: start)
        bytes.setInteger(Checksum.of(payload), at: start + 4)
    }
}
