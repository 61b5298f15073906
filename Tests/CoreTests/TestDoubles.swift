import Logging
import BgdemoEmail
import BgdemoCore
import Synchronization

/// A sender that holds every mail until the test says what became of it.
final class ManualSender: EmailSender {
    private let held = Mutex<[(email: Email, completion: @Sendable (SendOutcome) -> Void)]>([])
    private let arrivals = AsyncStream.makeStream(of: Email.self)

    var emails: [Email] { held.withLock { $0.map(\.email) } }

    func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (SendOutcome) -> Void
    ) {
        held.withLock { $0.append((email, completion)) }
        arrivals.continuation.yield(email)
    }

    /// The next mail that has come.
    func next() async -> Email? {
        for await email in arrivals.stream { return email }
        return nil
    }

    /// Ends the first mail with this outcome.
    func finishFirst(_ outcome: SendOutcome) {
        let first = held.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        first?.completion(outcome)
    }
}

/// Log lines, for a test to read: `level message key=value …`.
final class LogRecorder: Sendable {
    private let entries = Mutex<[String]>([])

    var lines: [String] { entries.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Writer(log: self) } }

    private struct Writer: LogHandler {
        let log: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            log.entries.withLock { $0.append("\(event.level) \(event.message)\(fields)") }
        }
    }
}

func email(_ text: String = "text") throws -> Email {
    try Email(to: "you@example.org", subject: "subject", text: text)
}
