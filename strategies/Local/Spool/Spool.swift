import Dispatch
package import Logging
package import BgdemoEmail
package import NIOCore
package import BgdemoPipes
import BgdemoSystemCompat
import Synchronization

/// A directory in which the master's mails survive it. It belongs to one master at a time; its files are written on a
/// thread of their own, everything that has gathered meanwhile in one go.
package final class Spool: Sendable {
    /// A mail, when it came, and the web server that waits to hear that it is safe.
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

    /// The mails are safe, or why not. Told in the order they came.
    package typealias Kept = @Sendable ([PendingWrite], _ failure: String?) -> Void

    /// What a master before this one has left.
    package struct Found: Sendable {
        /// The mails that are not settled, in their order.
        package var mails: [MailLine] = []
        /// Bytes of a last record that was not written whole, and were cut off. Nobody was told it was safe.
        package var torn = 0
        /// Bytes in the middle that are no record: somebody, or a disk, has changed them.
        package var damaged = 0
    }

    private struct State {
        var writes: [PendingWrite] = []
        var settled: [EmailID] = []
        var kept: Kept?
        var isScheduled = false
    }

    private let state = Mutex(State())
    private let journal: Mutex<Journal>
    private let needsSync = Mutex(false)
    private let isFailing = Mutex(false)
    private let policy: SpoolSync
    private let lock: SystemFile
    private let queue = DispatchQueue(label: "bgdemo.spool")
    private let logger: Logger

    /// Opens the spool, and reads what a master before this one has left there.
    package static func open(
        _ directory: String, sync policy: SpoolSync, logger: Logger
    ) throws -> (Spool, Found) {
        let directory = FilePath(directory)
        do {
            if unsafe mkdir(directory.string, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
            let lock = try lock(directory)
            let (journal, found) = try Journal.open(directory)
            try Journal.syncDirectory(directory)
            return (Spool(journal, lock, policy, logger), found)
        } catch let error as SpoolError {
            throw error
        } catch {
            throw SpoolError(description: "can't keep mails in \(directory): \(error)")
        }
    }

    private init(_ journal: Journal, _ lock: SystemFile, _ policy: SpoolSync, _ logger: Logger) {
        self.journal = Mutex(journal)
        self.lock = lock
        self.policy = policy
        self.logger = logger
    }

    /// The lock is the open file's, and goes with the process however it ends.
    private static func lock(_ directory: FilePath) throws -> SystemFile {
        let lock = try SystemFile.open(
            directory.appending("lock"), .writeOnly, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        guard flock(lock.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            try? lock.close()
            throw SpoolError(
                description: "another master keeps its mails in \(directory): end it, or choose another --spool")
        }
        return lock
    }

    /// Keeps a mail; `kept` tells when it is safe.
    package func keep(_ write: PendingWrite, then kept: @escaping Kept) {
        schedule { state in
            state.writes.append(write)
            state.kept = kept
        }
    }

    /// The mail needs no keeping any more.
    package func settle(_ id: EmailID) {
        schedule { $0.settled.append(id) }
    }

    private func schedule(_ change: (inout State) -> Void) {
        let schedules = state.withLock { state in
            change(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if schedules { queue.async { [self] in carry() } }
    }

    /// Writes what has gathered.
    private func carry() {
        let (writes, settled, kept) = state.withLock { state in
            defer { state = State() }
            return (state.writes, state.settled, state.kept)
        }
        let mails = writes.map { Journal.Record.mail($0.mail) }
        do {
            try journal.withLock { journal in
                do {
                    try journal.append(mails + settled.map(Journal.Record.settled))
                } catch {
                    // A full disk may be full of what nobody needs.
                    try journal.compact(without: settled)
                    try journal.append(mails)
                }
                if policy == .always, !writes.isEmpty { try journal.sync() }
            }
        } catch {
            tellFailure(error)
            // The fates are written with the next mails; until then a restart would send those mails twice.
            state.withLock { $0.settled.insert(contentsOf: settled, at: 0) }
            kept?(writes, "the spool can't be written: \(error)")
            return
        }
        isFailing.withLock { $0 = false }
        kept?(writes, nil)
        if policy == .each100ms { syncSoon() }
        compact()
    }

    /// Says it once, until it has gone well again.
    private func tellFailure(_ error: any Error) {
        let isNews = isFailing.withLock { isFailing in
            defer { isFailing = true }
            return !isFailing
        }
        if isNews { logger.error("the spool can't be written: \(error)") }
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
        do { try journal.withLock { try $0.sync() } } catch { logger.error("the spool can't be synced: \(error)") }
    }

    private func compact() {
        do {
            let size = try journal.withLock { journal in try journal.compactIfWorthwhile() ? journal.size : nil }
            if let size { logger.debug("wrote the spool anew", metadata: ["bytes": "\(size)"]) }
        } catch {
            logger.error("the spool can't be written anew, and grows: \(error)")
        }
    }

    /// Returns when everything is on disk and the next master may come.
    package func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                carry()
                sync()
                journal.withLock { $0.close() }
                // A process that is being started may hold the open file for a moment more; the lock it shall not.
                _ = flock(lock.rawValue, LOCK_UN)
                try? lock.close()
                continuation.resume()
            }
        }
    }
}
