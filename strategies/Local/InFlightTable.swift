import BgdemoCore
import BgdemoEmail
import BgdemoPipes
import DequeModule
import NIOCore

/// A mail that the master owns.
struct OwnedMail: Sendable {
    /// As it came, and as it goes to a worker.
    let line: MailLine
    /// When the master got it.
    let since: NIODeadline
    /// Mails are numbered in the order they came.
    fileprivate(set) var number = 0
    /// How often it was not sent.
    var attempts = AttemptCounter()
    /// When it is tried again.
    fileprivate var due = NIODeadline.distantFuture

    init(_ line: MailLine, since: NIODeadline) {
        self.line = line
        self.since = since
    }

    var id: EmailID { line.id }
    var bytes: Int { line.bytes.readableBytes }
}

/// All mails that the master owns. Each waits for a worker, is assigned to one, or waits for its next attempt, until it
/// is complete.
struct InFlightTable {
    private var waiting = Deque<OwnedMail>()
    private var assigned: [Int: [EmailID: OwnedMail]] = [:]
    private var retrying: [EmailID: OwnedMail] = [:]
    private var last = 0
    private var ids: Set<EmailID> = []
    /// The bytes of the lines of all mails.
    private(set) var bytes = 0

    /// The number of all mails.
    var count: Int { ids.count }
    var isEmpty: Bool { ids.isEmpty }
    var waitingCount: Int { waiting.count }
    var retryingCount: Int { retrying.count }
    var assignedCount: Int { assigned.values.reduce(0) { $0 + $1.count } }

    func assignedCount(of worker: Int) -> Int { assigned[worker]?.count ?? 0 }

    /// Adds a mail.
    ///
    /// - Returns: Whether it is new. One whose id is here already is left out: it is the same mail.
    @discardableResult
    mutating func add(_ mail: OwnedMail) -> Bool {
        guard ids.insert(mail.id).inserted else { return false }
        var mail = mail
        last += 1
        mail.number = last
        bytes += mail.bytes
        waiting.append(mail)
        return true
    }

    /// Assigns the mail that waits longest.
    mutating func assignNext(to worker: Int) -> OwnedMail? {
        guard let mail = waiting.popFirst() else { return nil }
        assigned[worker, default: [:]][mail.id] = mail
        return mail
    }

    /// Removes a mail that a worker has sent. Nil where it is not assigned to this worker.
    mutating func complete(_ id: EmailID, by worker: Int) -> OwnedMail? {
        guard let mail = assigned[worker]?.removeValue(forKey: id) else { return nil }
        forget(mail)
        return mail
    }

    /// Takes a mail from a worker that could not send it. It then waits for its next attempt. Nil where it is not assigned
    /// to this worker.
    mutating func fail(_ id: EmailID, by worker: Int) -> OwnedMail? {
        guard let mail = assigned[worker]?.removeValue(forKey: id) else { return nil }
        retrying[id] = mail
        return mail
    }

    mutating func scheduleRetry(of id: EmailID, _ attempts: AttemptCounter, at due: NIODeadline) {
        retrying[id]?.attempts = attempts
        retrying[id]?.due = due
    }

    /// The time of a mail's next attempt has come.
    mutating func requeue(_ id: EmailID) {
        if let mail = retrying.removeValue(forKey: id) { waiting.append(mail) }
    }

    /// Removes a mail that is not tried again.
    mutating func drop(_ id: EmailID) {
        if let mail = retrying.removeValue(forKey: id) { forget(mail) }
    }

    private mutating func forget(_ mail: OwnedMail) {
        ids.remove(mail.id)
        bytes -= mail.bytes
    }

    /// Puts the mails of a worker that has ended before all others, in the order they came.
    ///
    /// - Returns: How many they are.
    mutating func requeueAll(of worker: Int) -> Int {
        let mails = (assigned.removeValue(forKey: worker) ?? [:]).values.sorted { $0.number < $1.number }
        waiting.prepend(contentsOf: mails)
        return mails.count
    }

    /// Whether a mail can be sent before this time.
    func hasWork(before deadline: NIODeadline) -> Bool {
        count > retrying.count || retrying.values.contains { $0.due < deadline }
    }

    /// All mails, in the order they came.
    var all: [OwnedMail] {
        (Array(waiting) + assigned.values.flatMap(\.values) + Array(retrying.values)).sorted { $0.number < $1.number }
    }
}
