import Dispatch
package import Logging
package import BgdemoEmail
package import NIOCore
package import BgdemoPipes
import BgdemoSystemCompat
import Synchronization

/// A directory in which the master's mails survive it. It belongs to one master at a time. Its journal is written on a
/// thread of its own, all records that are there at once.
package final class Spool: Sendable {
    /// A mail to be written, and the web server that waits for its confirmation.
    package struct PendingWrite: Sendable {
        package let server: Int
        package let mail: MailLine
        package let since: NIODeadline

        package init(server: Int, mail: MailLine, since: NIODeadline) {
            self.server = server
            self.mail = mail
            self.since = since
        }
    }

    /// Called when the mails are written, in the order they came, or with the reason why they are not.
    package typealias Completion = @Sendable ([PendingWrite], _ failure: String?) -> Void

    /// What the master before this one has left.
    package struct RecoveredMails: Sendable {
        /// The mails that are not done, in their order.
        package var mails: [MailLine] = []
        /// Bytes of a last record that was not written whole and was cut off. It was not confirmed.
        package var torn = 0
        /// Bytes in the middle that are no record.
        package var damaged = 0
    }

    private struct State {
        var writes: [PendingWrite] = []
        var removals: [EmailID] = []
        var completion: Completion?
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let journal: Mutex<Journal>
    private let needsSync = Mutex(false)
    private let writeFailure = Mutex<String?>(nil)
    private let policy: SpoolSync
    private let lock: SystemFile
    private let queue = DispatchQueue(label: "bgdemo.spool")
    private let logger: Logger

    /// Opens the spool and reads what the master before this one has left.
    ///
    /// - Throws: ``SpoolError`` where the directory can't be used, or another master uses it.
    package static func open(
        _ directory: String, sync policy: SpoolSync, logger: Logger
    ) throws -> (Spool, RecoveredMails) {
        let directory = FilePath(directory)
        do {
            if unsafe mkdir(directory.string, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
            let lock = try lock(directory)
            let (journal, recovered) = try Journal.open(directory)
            try Journal.syncDirectory(directory)
            return (Spool(journal, lock, policy, logger), recovered)
        } catch let error as SpoolError {
            throw error
        } catch {
            throw unusable(directory, error)
        }
    }

    /// Why no master could keep mails in this directory; nil where one could. A directory that is not there is made, and
    /// removed again; what another master has in it is left alone.
    package static func fault(_ directory: String) -> SpoolError? {
        let path = FilePath(directory)
        do {
            let isNew = unsafe mkdir(path.string, 0o700) == 0
            if !isNew, errno != EEXIST { throw Errno(rawValue: errno) }
            defer { if isNew { unsafe rmdir(path.string) } }
            let probe = path.appending(".doctor")
            let file = try FileDescriptor.open(
                probe, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            defer {
                try? file.close()
                unsafe unlink(probe.string)
            }
            try file.writeAll([UInt8(ascii: "x")])
            return nil
        } catch {
            return unusable(path, error)
        }
    }

    private static func unusable(_ directory: FilePath, _ error: any Error) -> SpoolError {
        SpoolError(description: "can't keep mails in \(directory): \(error)")
    }

    private init(_ journal: Journal, _ lock: SystemFile, _ policy: SpoolSync, _ logger: Logger) {
        self.journal = Mutex(journal)
        self.lock = lock
        self.policy = policy
        self.logger = logger
    }

    /// The lock belongs to the open file, and ends with the process however that ends.
    private static func lock(_ directory: FilePath) throws -> SystemFile {
        let lock = try SystemFile.open(
            directory.appending("lock"), .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? lock.close()
            throw SpoolError(
                description: "another master uses \(directory): stop it, or choose another --spool")
        }
        return lock
    }

    /// Writes a mail.
    package func write(_ write: PendingWrite, then completion: @escaping Completion) {
        schedule { state in
            state.writes.append(write)
            state.completion = completion
        }
    }

    /// Removes a mail that is done.
    package func remove(_ id: EmailID) {
        schedule { $0.removals.append(id) }
    }

    private func schedule(_ change: (inout State) -> Void) {
        let schedules = state.withLock { state in
            change(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedules { queue.async { [self] in writePending() } }
    }

    private func writePending() {
        let (writes, removals, completion) = state.withLock { state in
            defer { state = State() }
            return (state.writes, state.removals, state.completion)
        }
        let mails = writes.map { Journal.Record.mail($0.mail) }
        do {
            let syncs = policy == .always && !writes.isEmpty
            try journal.withLock { journal in
                do {
                    try journal.append(mails + removals.map(Journal.Record.removal), syncs: syncs)
                } catch {
                    // A full disk may be full of what nobody needs.
                    try journal.compact(without: removals)
                    try journal.append(mails, syncs: syncs)
                }
            }
        } catch {
            logFailure(error)
            // Removals are written with the next mails; until then a restart would send those mails twice.
            state.withLock { $0.removals.insert(contentsOf: removals, at: 0) }
            completion?(writes, writeFailure.withLock { $0 })
            return
        }
        writeFailure.withLock { $0 = nil }
        completion?(writes, nil)
        if policy == .each100ms { syncSoon() }
        compact()
    }

    /// Logs the first of several failures in a row.
    private func logFailure(_ error: any Error) {
        let isFirst = writeFailure.withLock { failure in
            defer { failure = "the spool can't be written: \(error)" }
            return failure == nil
        }
        if isFirst { logger.error("can't write the spool", metadata: ["reason": "\(error)"]) }
    }

    /// Why mails can't be written now; nil where they can. While there is a reason, each call has it tried again.
    package func failure() -> String? {
        guard let failure = writeFailure.withLock({ $0 }) else { return nil }
        queue.async { [self] in
            do {
                try journal.withLock { try $0.checkSpace() }
                writeFailure.withLock { $0 = nil }
            } catch {
                logFailure(error)
            }
        }
        return failure
    }

    private func syncSoon() {
        let isFirst = needsSync.withLock { needsSync in
            defer { needsSync = true }
            return !needsSync
        }
        guard isFirst else { return }
        queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [self] in
            needsSync.withLock { $0 = false }
            sync()
        }
    }

    private func sync() {
        do { try journal.withLock { try $0.sync() } } catch {
            logger.error("can't sync the spool", metadata: ["reason": "\(error)"])
        }
    }

    private func compact() {
        do {
            let size = try journal.withLock { journal in try journal.compactIfWorthwhile() ? journal.size : nil }
            if let size { logger.debug("compacted the spool", metadata: ["bytes": "\(size)"]) }
        } catch {
            logger.error("can't compact the spool, which grows", metadata: ["reason": "\(error)"])
        }
    }

    /// Returns when everything is on disk and another master can open the spool.
    package func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                writePending()
                sync()
                journal.withLock { $0.close() }
                // A child that is being started may have the file open for a moment more, which would keep the lock.
                _ = flock(lock.rawValue, LOCK_UN)
                try? lock.close()
                continuation.resume()
            }
        }
    }
}
