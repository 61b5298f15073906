import DequeModule

/// Where each mail of a lane is, by its number, and the score: counted by ids, not by counters of the processes. Times are in
/// nanoseconds of the system's clock.
struct MailLedger: Sendable {
    /// Where a mail is, as far as it is known.
    enum Place: Sendable, Hashable {
        /// Asked for, not yet answered, and no process has told of it.
        case client
        /// Accepted, and no process has told that it has it.
        case queue
        /// In the hand of a process.
        case process(Int32)
        /// Its process has ended, and nothing was heard of it since.
        case adrift
        case inbox
    }

    struct Mail: Sendable {
        let askedAt: Int64
        var answeredAt: Int64 = -1
        var arrivedAt: Int64 = -1
        /// When it was last told of.
        var toldAt: Int64
        /// 0 for no answer.
        var status = 0
        var place = Place.client
        var copies = 0
        var isLost = false
        /// Whether it is one of those that are shown.
        let isShown: Bool

        var isAccepted: Bool { status == 200 }
        var isRefused: Bool { answeredAt >= 0 && !isAccepted }
        /// Accepted, and not in the inbox.
        var isMissing: Bool { isAccepted && copies == 0 }
    }

    struct Score: Sendable, Hashable {
        var asked = 0
        var answered = 0
        var refused = 0
        /// Accepted mails in the inbox, each counted once.
        var delivered = 0
        /// Copies after the first.
        var twice = 0
        var lost = 0
        /// Accepted, not in the inbox, and something may still bring them.
        var notYet: Int { answered - delivered - lost }
        /// In the inbox, though the client got an error or no answer.
        var unasked = 0
    }

    /// Without a sign of a mail for this time, while nothing is broken, nothing can bring it any more: longer than the slowest
    /// recovery, the lease of an eventr consumer.
    static let quiet = Int64(15_000_000_000)
    /// A mail that has arrived is remembered for this time. A later copy of it counts all the same.
    private static let memory = Int64(30_000_000_000)
    /// More are not remembered: the oldest count as lost.
    static let limit = 200_000

    private(set) var mails: [Int: Mail] = [:]
    private(set) var score = Score()
    private(set) var next = 0
    /// The oldest first.
    private var arrived = Deque<(number: Int, at: Int64)>()
    /// Of the arrivals within ``quiet``: each number that is lower than all after it.
    private var lowest = Deque<(number: Int, at: Int64)>()

    // MARK: Reports

    /// - Returns: The number of the mail.
    mutating func ask(at now: Int64, isShown: Bool) -> Int {
        defer { next += 1 }
        score.asked += 1
        mails[next] = Mail(askedAt: now, toldAt: now, isShown: isShown)
        return next
    }

    /// - Parameter status: 0 where the connection ended without an answer.
    mutating func answer(_ number: Int, status: Int, at now: Int64) {
        guard var mail = mails[number], mail.answeredAt < 0 else { return }
        mail.status = status
        mail.answeredAt = now
        mail.toldAt = now
        if mail.place == .client, status == 200 { mail.place = .queue }
        mails[number] = mail
        if status == 200 { score.answered += 1 } else { score.refused += 1 }
        guard mail.copies > 0 else { return }
        if status == 200 { score.delivered += 1 } else { score.unasked += 1 }
    }

    /// A process has told that it has the mail; nil for the process where it has given it back.
    mutating func hold(_ number: Int, by pid: Int32?, at now: Int64) {
        guard var mail = mails[number] else { return }
        mail.toldAt = now
        if mail.copies == 0 { mail.place = pid.map { .process($0) } ?? .queue }
        mails[number] = mail
        if mail.isLost { find(number) }
    }

    /// A copy is in the inbox.
    mutating func arrive(_ number: Int, at now: Int64) {
        // It has arrived before, longer ago than is remembered.
        guard number >= 0, number < next, var mail = mails[number] else {
            if number >= 0, number < next { score.twice += 1 }
            return
        }
        if mail.isLost { find(number) }
        mail.isLost = false
        mail.copies += 1
        mail.toldAt = now
        mail.place = .inbox
        if mail.copies > 1 {
            score.twice += 1
        } else {
            mail.arrivedAt = now
            if mail.isAccepted { score.delivered += 1 } else if mail.answeredAt >= 0 { score.unasked += 1 }
            arrived.append((number, now))
            while let last = lowest.last, last.number > number { lowest.removeLast() }
            lowest.append((number, now))
        }
        mails[number] = mail
    }

    /// - Returns: The mails that the process had in hand.
    mutating func end(_ pid: Int32) -> [Int] {
        let held = mails.filter { $0.value.place == .process(pid) }.map(\.key).sorted()
        for number in held { mails[number]?.place = .adrift }
        return held
    }

    private mutating func find(_ number: Int) {
        mails[number]?.isLost = false
        score.lost -= 1
    }

    // MARK: Time

    /// Accepted mails that are not in the inbox, in the order of their numbers.
    var missing: [Int] { mails.filter { $0.value.isMissing }.map(\.key).sorted() }

    /// Those of ``missing`` that were asked for after this time.
    func missing(since time: Int64) -> [Int] { missing.filter { mails[$0].map { $0.askedAt > time } ?? false } }

    /// Mails that are not in the inbox and that a process has: in its hand, or asked of it and not answered yet.
    ///
    /// - Parameter answers: Whether it is the process that answers.
    func held(by pid: Int32, answers: Bool) -> [Int] {
        mails.filter { _, mail in
            guard mail.copies == 0, !mail.isRefused else { return false }
            return mail.place == .process(pid) || (answers && mail.place == .client)
        }.map(\.key).sorted()
    }

    /// Decides which mails are lost: nothing was told of them, and no mail that is as old has come, for ``quiet`` in which
    /// nothing was broken; and no process has them in hand.
    ///
    /// - Parameter calmSince: Since when every process runs and no fault is on; nil where one is.
    /// - Returns: Those that have just become lost.
    mutating func judge(at now: Int64, calmSince: Int64?) -> [Int] {
        forget(before: now - Self.memory)
        while let first = lowest.first, first.at < now - Self.quiet { lowest.removeFirst() }
        guard let calmSince, calmSince <= now - Self.quiet else { return [] }
        let oldestSign = lowest.first?.number ?? Int.max
        let lost = mails.filter { number, mail in
            guard mail.isMissing, !mail.isLost, mail.toldAt <= now - Self.quiet, number < oldestSign else {
                return false
            }
            if case .process = mail.place { return false }
            return true
        }.map(\.key).sorted()
        for number in lost { mails[number]?.isLost = true }
        score.lost += lost.count
        return lost
    }

    private mutating func forget(before time: Int64) {
        while let first = arrived.first, first.at < time {
            arrived.removeFirst()
            if let mail = mails[first.number], mail.answeredAt >= 0 { mails[first.number] = nil }
        }
        guard mails.count > Self.limit else { return }
        for number in mails.keys.sorted().prefix(mails.count - Self.limit) {
            if let mail = mails.removeValue(forKey: number), mail.isMissing, !mail.isLost { score.lost += 1 }
        }
    }
}
