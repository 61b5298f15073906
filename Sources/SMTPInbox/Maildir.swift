#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import NIOCore
import NIOPosix
import Synchronization

/// Mails as files, one each, the way <https://cr.yp.to/proto/maildir.html> has it: written under `tmp`, whole under
/// `new`. The files hold the mails byte by byte, with their CRLF.
///
/// At most one write waits for each connection, so their number has the connections' bound.
final class Maildir: Sendable {
    private let root: URL
    private let host: String
    private let run = "\(ProcessInfo.processInfo.processIdentifier)R\(String(UInt64.random(in: 0 ... .max), radix: 36))"
    private let turns = Atomic<Int>(0)

    /// - Throws: ``InboxError`` where the directories are not there and can't be made.
    init(_ path: String, host: String) async throws {
        root = URL(filePath: path, directoryHint: .isDirectory)
        self.host = host.replacing("/", with: "\\057").replacing(":", with: "\\072")
        let root = root
        try await NIOThreadPool.singleton.runIfActive {
            do {
                for name in ["tmp", "new", "cur"] {
                    try FileManager.default.createDirectory(
                        at: root.appending(path: name), withIntermediateDirectories: true)
                }
            } catch {
                let code = ((error as? CocoaError)?.underlying as? POSIXError).map { "\($0.code)" } ?? "\(error)"
                throw InboxError("can't make the maildir \(path) (\(code)); name a directory that can be written to")
            }
        }
    }

    /// Writes a mail. The future succeeds when the file is under `new`.
    func write(_ mail: [UInt8], on loop: any EventLoop) -> EventLoopFuture<Void> {
        let name = uniqueName()
        let (root, draft) = (root, root.appending(path: "tmp").appending(path: name))
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) {
            do {
                try Data(mail).write(to: draft, options: .withoutOverwriting)
                try FileManager.default.moveItem(at: draft, to: root.appending(path: "new").appending(path: name))
            } catch {
                try? FileManager.default.removeItem(at: draft)
                throw error
            }
        }
    }

    /// The time, what is unique in this process, and the host.
    private func uniqueName() -> String {
        let turn = turns.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(Int(Date.now.timeIntervalSince1970)).P\(run)Q\(turn).\(host)"
    }
}
