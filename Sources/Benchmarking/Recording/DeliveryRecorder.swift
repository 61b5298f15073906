import NIOCore
import Synchronization

/// Learns which mails of one load arrive in the inbox.
package protocol ArrivalRecorder: Sendable {
    /// The id of the load, in the subject of each mail.
    var run: String { get }
    /// A mail with this number arrived at this time of the system's clock.
    func arrived(_ number: Int, at now: Int64)
}

/// Records for each mail of a load when it was due, sent, answered and in the inbox. Times are in nanoseconds since the
/// beginning of the load.
public final class DeliveryRecorder: ArrivalRecorder {
    /// One mail.
    struct Entry: Sendable {
        var due: Int64
        /// -1 if it was not sent; so for the following times.
        var sent: Int64 = -1
        var answered: Int64 = -1
        var arrived: Int64 = -1
        /// 0 for no answer.
        var status: UInt16 = 0
        /// Copies in the inbox.
        var copies: UInt16 = 0

        var isAccepted: Bool { status == 200 }
    }

    /// Counts that are current during the load.
    struct Counts: Sendable {
        var due = 0
        var sent = 0
        var answered = 0
        var accepted = 0
        var delivered = 0
        var copies = 0
        var reordered = 0
        /// Accepted mails that are not in the inbox.
        var backlog = 0
    }

    private struct State {
        var origin: Int64 = 0
        var entries: [Entry] = []
        var counts = Counts()
        var latest = -1
        var lastAnswer: Int64 = 0
        var lastArrival: Int64 = 0
        /// The answers since the last report.
        var recent = LatencyHistogram()
    }

    package let run: String
    /// Whether the mails come to the inbox; if not, none is counted as missing.
    let isMatched: Bool
    private let state = Mutex(State())

    init(run: String, isMatched: Bool = true) {
        (self.run, self.isMatched) = (run, isMatched)
    }

    package static var now: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }

    // MARK: Events of the load generator

    func begin(at origin: Int64, due: [Int64]) {
        state.withLock { state in
            state.origin = origin
            state.entries = due.map { Entry(due: $0) }
        }
    }

    /// Adds a request of a closed loop.
    func add(due: Int64) {
        state.withLock { $0.entries.append(Entry(due: due)) }
    }

    func sent(_ number: Int, at time: Int64) {
        state.withLock { state in
            state.entries[number].sent = time
            state.counts.sent += 1
        }
    }

    func answered(_ number: Int, at time: Int64, status: Int) {
        state.withLock { state in
            state.entries[number].answered = time
            state.entries[number].status = UInt16(clamping: status)
            state.counts.answered += 1
            state.lastAnswer = time + state.origin
            state.recent.record(time - state.entries[number].due)
            guard status == 200 else { return }
            state.counts.accepted += 1
            if isMatched, state.entries[number].copies == 0 { state.counts.backlog += 1 }
        }
    }

    // MARK: Events of the inbox

    package func arrived(_ number: Int, at now: Int64) {
        state.withLock { state in
            guard state.entries.indices.contains(number) else { return }
            state.lastArrival = now
            state.counts.copies += 1
            state.entries[number].copies &+= 1
            guard state.entries[number].copies == 1 else { return }
            state.entries[number].arrived = now - state.origin
            state.counts.delivered += 1
            if isMatched, state.entries[number].isAccepted { state.counts.backlog -= 1 }
            if number < state.latest { state.counts.reordered += 1 }
            state.latest = max(state.latest, number)
        }
    }

    // MARK: State

    var counts: Counts { state.withLock(\.counts) }
    var entries: [Entry] { state.withLock(\.entries) }
    /// By the system's clock; 0 before the load has begun.
    var origin: Int64 { state.withLock(\.origin) }
    /// By the system's clock; the origin if nothing was answered.
    var lastAnswer: Int64 { state.withLock { max($0.lastAnswer, $0.origin) } }
    /// By the system's clock; 0 if no mail has arrived.
    var lastArrival: Int64 { state.withLock(\.lastArrival) }
    /// The 99th percentile of the answers since the last call, in milliseconds.
    func takeP99() -> Double {
        state.withLock { state in
            defer { state.recent.reset() }
            return state.recent.milliseconds(at: 99)
        }
    }
}
