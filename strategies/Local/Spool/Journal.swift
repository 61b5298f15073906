import BgdemoEmail
import NIOCore
import BgdemoPipes
import BgdemoSystemCompat

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A write-ahead log: the file in which accepted mails survive their master, one ``Record`` after the other.
struct Journal: Sendable {
    private let directory: FilePath
    private var file: SystemFile
    /// Where the mails are that are not done.
    private var live: [EmailID: Range<Int>] = [:]
    private var liveBytes = 0
    private(set) var size = 0
    /// The file is compacted once it is this long and little of it is live.
    private let compaction: Int

    private var path: FilePath { directory.appending("journal") }

    // MARK: Opening

    static func open(_ directory: FilePath, compaction: Int = 32 << 20) throws -> (Journal, Spool.RecoveredMails) {
        var journal = try Journal(directory, compaction)
        let recovered = try journal.recover()
        return (journal, recovered)
    }

    private init(_ directory: FilePath, _ compaction: Int) throws {
        self.directory = directory
        self.compaction = compaction
        // Left by a compaction that did not finish.
        _ = unsafe unlink(directory.appending("journal.new").string)
        file = try Self.openFile(directory.appending("journal"))
    }

    private static func openFile(_ path: FilePath, truncating: Bool = false) throws -> SystemFile {
        try SystemFile.open(
            path, .readWrite, options: truncating ? [.create, .truncate, .closeOnExec] : [.create, .closeOnExec],
            permissions: [.ownerReadWrite])
    }

    /// Reads the file, and cuts it off after its last whole record.
    private mutating func recover() throws -> Spool.RecoveredMails {
        let bytes = ByteBuffer(bytes: try Data(contentsOf: URL(filePath: path.string)))
        var recovered = Spool.RecoveredMails()
        var mails: [EmailID: (mail: MailLine, start: Int)] = [:]
        var place = 0
        while let next = Record.next(in: bytes, from: place) {
            recovered.damaged += next.range.lowerBound - place
            place = next.range.upperBound
            note(next.record, at: next.range)
            switch next.record {
            case .mail(let mail): mails[mail.id] = (mail, mails[mail.id]?.start ?? next.range.lowerBound)
            case .removal(let id): mails[id] = nil
            }
        }
        recovered.torn = bytes.readableBytes - place
        recovered.mails = mails.values.sorted { $0.start < $1.start }.map(\.mail)
        if recovered.torn > 0 { try file.resize(to: Int64(place)) }
        size = place
        return recovered
    }

    // MARK: Writing

    /// Appends the records. They survive this process then, and a power failure after ``sync()``.
    ///
    /// - Parameter syncs: Whether they are forced to disk, too. Default: false.
    /// - Throws: `Errno`; none of the records is in the file then.
    mutating func append(_ records: [Record], syncs: Bool = false) throws {
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
            if syncs { try sync() }
        } catch {
            try? file.resize(to: Int64(size))
            throw error
        }
        size += bytes.readableBytes
        for (record, range) in zip(records, ranges) { note(record, at: range) }
    }

    /// Writes as much as a mail of usual size takes behind the last record, and cuts it off again.
    ///
    /// - Throws: `Errno`.
    func checkSpace() throws {
        defer { try? file.resize(to: Int64(size)) }
        try file.seek(offset: Int64(size), from: .start)
        try file.writeAll([UInt8](repeating: 0, count: 65_536))
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
        case .mail(let mail):
            forget(mail.id)
            live[mail.id] = range
            liveBytes += range.count
        case .removal(let id): forget(id)
        }
    }

    private mutating func forget(_ id: EmailID) {
        if let range = live.removeValue(forKey: id) { liveBytes -= range.count }
    }

    // MARK: Compaction

    /// Compacts the file where that saves most of it.
    ///
    /// - Returns: Whether it did.
    mutating func compactIfWorthwhile() throws -> Bool {
        guard size >= compaction, liveBytes < size / 4 else { return false }
        try compact()
        return true
    }

    /// Writes the live records to a new file, which replaces the old one. Whenever the process dies, one of the two is
    /// there and whole.
    ///
    /// - Parameter removed: Mails that are done, though there is no record of it.
    mutating func compact(without removed: [EmailID] = []) throws {
        for id in removed { forget(id) }
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
