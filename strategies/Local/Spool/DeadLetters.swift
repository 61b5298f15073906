import BgdemoFoundations
import Dispatch
package import Logging
package import BgdemoEmail
import NIOCore
package import BgdemoPipes
import BgdemoSystemCompat
import Synchronization

/// The file of mails that can't be sent: a JSON line for each, with the reason. It is opened for each mail, so that it may
/// be moved away.
///
///     {"time":"…","outcome":"permanent","stage":"rcpt","code":550,"reason":"…","mail":"01…","to":"…","subject":"…","text":"…"}
package final class DeadLetters: Sendable {
    private let path: FilePath
    private let logger: Logger
    private let queue = DispatchQueue(label: "bgdemo.dead-letters")
    private let appender = Mutex(LineAppender())

    /// - Throws: ``SpoolError`` where the file can't be written.
    package init(_ path: String, logger: Logger) throws {
        self.path = FilePath(path)
        self.logger = logger
        do {
            try append(ByteBuffer())
        } catch {
            throw SpoolError(description: "can't keep dead letters in \(path): \(error)")
        }
    }

    /// Appends the mail.
    ///
    /// - Parameter completion: Called when it is in the file, or in the log where the file can't be written.
    package func append(
        _ mail: MailLine, _ outcome: SendOutcome, then completion: @escaping @Sendable () -> Void = {}
    ) {
        var json = JSONWriter()
        json.raw("{")
        json.member("time", Timestamp().iso8601)
        json.member("outcome", outcome.name)
        if let failure = outcome.failure {
            json.member("stage", failure.stage.rawValue)
            if let code = failure.code { json.member("code", code) }
            json.member("reason", failure.reason)
        }
        var line = ByteBuffer(string: json.text)
        line.writeString(",")
        line.writeBytes(mail.bytes.readableBytesView.dropFirst())
        line.writeString("\n")
        queue.async { [self, line] in
            do {
                try append(line)
            } catch {
                logger.error(
                    "can't write a dead letter",
                    metadata: [
                        "id": "\(mail.id)", "file": "\(path)", "reason": "\(error)",
                        "mail": "\(printable(String(buffer: mail.bytes)))",
                    ])
            }
            completion()
        }
    }

    package func close() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private func append(_ bytes: ByteBuffer) throws {
        let file = try SystemFile.open(
            path, .writeOnly, options: [.create, .append, .closeOnExec], permissions: [.ownerReadWrite])
        defer { try? file.close() }
        try appender.withLock { try $0.append(bytes.readableBytesView, to: file) }
    }
}
