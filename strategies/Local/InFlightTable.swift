import DequeModule
import BgdemoEmail
import NIOCore
import BgdemoPipes

/// A mail that the master owns.
struct OwnedMail: Sendable {
    /// As it came and as it goes on.
    let line: MailLine
    /// When the master got it.
    let since: NIODeadline
    /// Mails are numbered in the order they came.
    fileprivate(set) var number = 0
    /// How often it could not be sent.
    fileprivate(set) var failures = 0
    /// When it is tried again.
    fileprivate var due = NIODeadline.distantFuture

    init(_ line: MailLine, since: NIODeadline) {
        self.line = line
        self.since = since
    }

    var id: EmailID { line.id }
    var bytes: Int { line.bytes.readableBytes }
}

/// Who holds which mail: it waits for a worker, is in a worker's hands, or rests until it is tried again. A mail is in
/// exactly one of these places until it is settled.
struct InFlightTable {
    private var waiting = Deque<OwnedMail>()
    private var held: [Int: [EmailID: OwnedMail]] = [:]
    private var resting: [EmailID: OwnedMail] = [:]
    private var last = 0
    /// All mails in the table, and the bytes of their messages.
    private(set) var count = 0
    private(set) var bytes = 0

    var isEmpty: Bool { count == 0 }
    var waitingCount: Int { waiting.count }
    var restingCount: Int { resting.count }
    var inHandCount: Int { held.values.reduce(0) { $0 + $1.count } }

    func inHand(of worker: Int) -> Int { held[worker]?.count ?? 0 }

    mutating func take(_ mail: OwnedMail) {
        var mail = mail
        last += 1
        mail.number = last
        count += 1
        bytes += mail.bytes
        waiting.append(mail)
    }

    /// The mail that waits longest goes into a worker's hands.
    mutating func hand(to worker: Int) -> OwnedMail? {
        guard let mail = waiting.popFirst() else { return nil }
        held[worker, default: [:]][mail.id] = mail
        return mail
    }

    /// A worker has said what became of a mail, which leaves the table. Nil where the worker did not hold it.
    mutating func settle(_ id: EmailID, by worker: Int) -> OwnedMail? {
        guard let mail = held[worker]?.removeValue(forKey: id) else { return nil }
        count -= 1
        bytes -= mail.bytes
        return mail
    }

    /// A worker could not send a mail: it rests until it is woken. Nil where the worker did not hold it.
    mutating func rest(_ id: EmailID, by worker: Int) -> OwnedMail? {
        guard var mail = held[worker]?.removeValue(forKey: id) else { return nil }
        mail.failures += 1
        resting[id] = mail
        return mail
    }

    mutating func restUntil(_ due: NIODeadline, _ id: EmailID) { resting[id]?.due = due }

    mutating func wake(_ id: EmailID) {
        if let mail = resting.removeValue(forKey: id) { waiting.append(mail) }
    }

    /// A resting mail is given up.
    mutating func drop(_ id: EmailID) {
        guard let mail = resting.removeValue(forKey: id) else { return }
        count -= 1
        bytes -= mail.bytes
    }

    /// A worker is gone: what it held goes before all others, in the order it came.
    ///
    /// - Returns: How many mails it held.
    mutating func giveBack(of worker: Int) -> Int {
        let mails = (held.removeValue(forKey: worker) ?? [:]).values.sorted { $0.number < $1.number }
        waiting.prepend(contentsOf: mails)
        return mails.count
    }

    /// Whether a mail is not only waiting for a later try.
    func hasWork(before deadline: NIODeadline) -> Bool {
        count > resting.count || resting.values.contains { $0.due < deadline }
    }

    /// All mails, those that came first at the front.
    var all: [OwnedMail] {
        (Array(waiting) + held.values.flatMap(\.values) + Array(resting.values)).sorted { $0.number < $1.number }
    }
}
