import Logging
import BgdemoEmail
import NIOCore
import NIOPosix
import RedisClient
import ServiceLifecycle
import BgdemoCore
import BgdemoTestSupport
import Synchronization

@testable import BgdemoPubSub

let silent = Logger(label: "pubsub-tests") { _ in SwiftLogNoOpLogHandler() }

/// Sends nothing: keeps the mails, and says of each what the test wants said.
final class FakeSender: EmailSender {
    private let verdict: @Sendable (Email, Int) -> SendOutcome?
    private let held = Mutex<[@Sendable (SendOutcome) -> Void]>([])
    let mails = Watched<[Email]>([])

    /// - Parameter verdict: Of a mail and how many were tried before; nil leaves it under way.
    init(_ verdict: @escaping @Sendable (Email, Int) -> SendOutcome? = { _, _ in .sent(reply: "250 ok") }) {
        self.verdict = verdict
    }

    func send(
        _ email: Email, while isWanted: @escaping @Sendable () -> Bool,
        completion tell: @escaping @Sendable (SendOutcome) -> Void
    ) {
        var before = 0
        mails.change {
            before = $0.count
            $0.append(email)
        }
        if let outcome = verdict(email, before) { tell(outcome) } else { held.withLock { $0.append(tell) } }
    }

    /// What is under way ends so.
    func settle(_ outcome: SendOutcome) {
        for tell in held.withLock({ held in
            defer { held = [] }
            return held
        }) { tell(outcome) }
    }
}
