import BgdemoSystemCompat
import NIOCore
import NIOPosix
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Mails as files, one each, the way <https://cr.yp.to/proto/maildir.html> has it: written under `tmp`, whole under
/// `new`. The files hold the mails byte by byte, with their CRLF. Folders that are made and files are the user's alone (0700
/// and 0600).
///
/// At most one write waits for each connection, so their number has the connections' bound.
final class Maildir: Sendable {
    private let root: FilePath
    private let host: String
    private let run = "\(ProcessInfo.processInfo.processIdentifier)R\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    private let written = Atomic<Int>(0)

    /// - Throws: ``InboxError`` where the folders are not there and can't be made.
    init(_ path: String, host: String) async throws {
        root = FilePath(path)
        self.host = host.replacing("/", with: "\\057").replacing(":", with: "\\072")
        let root = root
        try await NIOThreadPool.singleton.runIfActive {
            do throws(Errno) {
                for name in ["tmp", "new", "cur"] { try Self.makeFolder(root.appending(name)) }
            } catch {
                throw InboxError("can't make the maildir \(path) (\(error)); name a directory that can be written to")
            }
        }
    }

    /// Writes a mail. The future succeeds when the file is under `new`, and fails with an `Errno`.
    func write(_ mail: [UInt8], on loop: any EventLoop) -> EventLoopFuture<Void> {
        let name = uniqueName()
        let (draft, file) = (root.appending("tmp").appending(name), root.appending("new").appending(name))
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            do {
                let open = try SystemFile.open(
                    draft, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: .ownerReadWrite)
                _ = try open.closeAfter { try open.writeAll(mail) }
                guard unsafe rename(draft.string, file.string) == 0 else { throw Errno(rawValue: errno) }
            } catch {
                _ = unsafe unlink(draft.string)
                throw error
            }
        }
    }

    /// Makes a folder, and those above it.
    private static func makeFolder(_ path: FilePath) throws(Errno) {
        if unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST { return }
        let error = Errno(rawValue: errno)
        guard error == .noSuchFileOrDirectory, !path.removingLastComponent().isEmpty else { throw error }
        try makeFolder(path.removingLastComponent())
        guard unsafe mkdir(path.string, 0o700) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
    }

    /// The time, what is unique in this process, and the host.
    private func uniqueName() -> String {
        let number = written.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(Int(Date.now.timeIntervalSince1970)).P\(run)Q\(number).\(host)"
    }
}
