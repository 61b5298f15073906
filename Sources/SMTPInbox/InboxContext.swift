import BgdemoFoundations
import BgdemoNetSupport
import Logging
import Synchronization

/// What all connections of an inbox share: its settings, its faults, and where the mails go.
final class InboxContext: Sendable {
    let settings: InboxSettings
    private let currentPlan: Mutex<FaultPlan>
    let mails: MailStore
    let maildir: Maildir?
    let rateLimit: TokenBucket?
    let logger: Logger
    private let attempts = FailOnceTracker()
    private let transactions = Atomic<Int>(0)
    private let receiving = Atomic<Int>(0)

    init(_ settings: InboxSettings, logger: Logger) async throws {
        self.settings = settings
        self.logger = logger
        currentPlan = Mutex(try FaultPlan(settings))
        mails = MailStore(keep: settings.keep, keepBytes: settings.keepBytes, logger: logger)
        rateLimit = settings.rateLimit.map { TokenBucket(perSecond: $0) }
        if let path = settings.maildir {
            maildir = try await Maildir(path, host: settings.name)
        } else {
            maildir = nil
        }
    }

    var faultPlan: FaultPlan { currentPlan.withLock { $0 } }

    /// - Throws: ``InboxError`` where the faults of a stage are more likely than certain.
    func change(delay: ReplyDelay, faults: [InboxFault]) throws(InboxError) {
        var settings = settings
        (settings.delay, settings.faults) = (delay, faults)
        let plan = try FaultPlan(settings)
        currentPlan.withLock { $0 = plan }
    }

    /// The number of a MAIL command, from 1.
    func nextTransaction() -> Int { transactions.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Reserves memory for mails that are being received; false where their bound is reached.
    func reserve(_ bytes: Int) -> Bool {
        if receiving.wrappingAdd(bytes, ordering: .relaxed).newValue <= settings.maxReceiving { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { receiving.wrappingSubtract(bytes, ordering: .relaxed) }

    /// Decides what becomes of a mail whose final dot has come.
    func decide(_ received: ReceivedMail) -> MailDecision {
        var decision = MailDecision(delay: received.slowness)
        guard faultPlan.needsMailKey || !received.failsOnce.isEmpty else {
            decision.delay = max(decision.delay, faultPlan.delay(key: 0))
            return decision
        }
        let mail = received.mail.key
        let key = mail ^ SeededRandom.mix(UInt64(attempts.number(of: mail)))
        decision.delay = max(decision.delay, faultPlan.delay(key: key))
        decision.before = faultPlan.fault(at: .dot, key: key)
        decision.after = faultPlan.fault(at: .stored, key: key)
        for address in received.failsOnce {
            let isFirst = attempts.number(of: mail ^ SeededRandom.mix(FNV1a.hash(address.asciiLowercased().utf8))) == 1
            if isFirst { decision.before = decision.before ?? .reply(451) }
        }
        return decision
    }
}

/// A mail that came whole, and what its recipients' addresses ask for.
struct ReceivedMail {
    let mail: CaughtMail
    let slowness: Duration
    let failsOnce: [String]
    /// Bytes of memory to be released when the mail is stored, or not.
    let reserved: Int
}

/// What becomes of a mail, and when its client has the answer.
struct MailDecision {
    var delay: Duration
    /// Instead of storing it.
    var before: InboxFault.Action?
    /// Instead of yes, after it was stored.
    var after: InboxFault.Action?
}
