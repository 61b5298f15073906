import BgdemoBenchmarking

/// What is known of a lane: its mails, processes and times, and what is to be told of them.
struct LaneState: Sendable {
    enum ProcessState: String, Sendable { case up, stopped, dead }

    struct Process: Sendable, Hashable {
        var pid: Int32
        var state: ProcessState
    }

    /// What happened to a mail; the raw value is its code in the events.
    enum MailEvent: String, Sendable {
        case asked = "a"
        /// Answered with 200.
        case accepted = "y"
        /// Answered with an error, or not at all.
        case refused = "n"
        case inWebServer = "w"
        case inWorker = "h"
        /// An attempt failed; the mail is in its queue again.
        case failed = "b"
        /// Its process has ended.
        case adrift = "d"
        case arrived = "i"
        case lost = "x"
    }

    /// Mails of a fault that are waited for.
    struct Watch: Sendable {
        let fault: Int
        let began: Int64
        let victims: Int
        var waiting: Set<Int>
        var lost = 0
        /// Not accepted: the client knows that they may not be sent.
        var refused = 0
        /// The victim's mails were back, each in the inbox, refused or lost.
        var backAt: Int64?
        /// A mail that was asked for after the fault has arrived.
        var recoveredAt: Int64?
        let firstAfter: Int

        var isDone: Bool { waiting.isEmpty && recoveredAt != nil }
    }

    var ledger = MailLedger()
    var processes: [ProcessRole: Process] = [:]
    /// Those that were sent SIGKILL, which the system may not have ended yet.
    var killed: Set<Int32> = []
    var answers = RecentTimes()
    var toInbox = RecentTimes()
    var watches: [Watch] = []
    var rate = 0.0
    /// The rate was for some seconds, and nobody has been told yet that they are over.
    var rateHasEnded = false
    /// Every so many mails one is shown.
    var ratio = 1
    /// The lane's own faults that are on.
    var faults: Set<Int> = []
    var calmSince: Int64?
    private(set) var events: [(number: Int, event: MailEvent)] = []

    /// The last fault's mails, also where all are back.
    private(set) var lastWatch: Watch?
    /// When mails came again after a fault: what is missing from before is that fault's, not the next one's.
    private(set) var recoveredAt: Int64 = 0

    private static let maxEvents = 20_000
    private static let maxWatches = 20

    mutating func note(_ number: Int, _ event: MailEvent) {
        guard ledger.mails[number]?.isShown ?? false, events.count < Self.maxEvents else { return }
        events.append((number, event))
    }

    /// The pid of a process that can be sent a signal; nil where there is none, or it was killed.
    func reachable(_ role: ProcessRole) -> Int32? {
        processes[role].flatMap { $0.state == .dead || killed.contains($0.pid) ? nil : $0.pid }
    }

    /// The watches as they are; those that are done are forgotten.
    mutating func takeWatches() -> [Watch] {
        defer { watches.removeAll(where: \.isDone) }
        lastWatch = watches.last ?? lastWatch
        return watches
    }

    mutating func takeEvents() -> [(number: Int, event: MailEvent)] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Begins to wait for these mails.
    mutating func watch(_ victims: [Int], of fault: Int, at now: Int64) {
        if watches.count == Self.maxWatches { watches.removeFirst() }
        watches.append(
            Watch(fault: fault, began: now, victims: victims.count, waiting: Set(victims), firstAfter: ledger.next))
    }

    mutating func didArrive(_ number: Int, at now: Int64) {
        for place in watches.indices {
            if watches[place].waiting.remove(number) != nil, watches[place].waiting.isEmpty {
                watches[place].backAt = now
            }
            if number >= watches[place].firstAfter, watches[place].recoveredAt == nil {
                watches[place].recoveredAt = now
                recoveredAt = now
            }
        }
    }

    mutating func didLose(_ number: Int, at now: Int64) {
        for place in watches.indices where watches[place].waiting.remove(number) != nil {
            watches[place].lost += 1
            if watches[place].waiting.isEmpty { watches[place].backAt = now }
        }
    }

    mutating func didRefuse(_ number: Int, at now: Int64) {
        for place in watches.indices where watches[place].waiting.remove(number) != nil {
            watches[place].refused += 1
            if watches[place].waiting.isEmpty { watches[place].backAt = now }
        }
    }

    /// Where the shown mails under way are, as events.
    var placesOfShown: [(number: Int, event: MailEvent)] {
        ledger.mails.filter { $0.value.isShown && $0.value.place != .inbox && !$0.value.isRefused }.sorted {
            $0.key < $1.key
        }.suffix(2_000)
            .flatMap { number, mail -> [(number: Int, event: MailEvent)] in
                var events = [(number: number, event: MailEvent.asked)]
                if mail.answeredAt >= 0 { events.append((number, mail.isAccepted ? .accepted : .refused)) }
                switch mail.place {
                case .process(let pid):
                    events.append((number, processes[.webServer]?.pid == pid ? .inWebServer : .inWorker))
                case .adrift: events.append((number, .adrift))
                case .client, .queue, .inbox: break
                }
                if mail.isLost { events.append((number, .lost)) }
                return events
            }
    }
}
