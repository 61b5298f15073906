import DequeModule
import Dispatch
import BgdemoEmail
import Synchronization

/// Where errands are handed in and wait for the courier's thread: in order, and bounded.
final class SendQueue: Sendable {
    private struct State {
        var waiting = Deque<SMTPRequest>()
        var inFlight = 0
        /// Whether the thread would take another errand, and has to be woken for it.
        var isHungry = true
        var closing: ContinuousClock.Instant?
        var isClosed = false
        var closed: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let backlog: Int
    /// What wakes the courier's thread once it is at work; before that it is ``firstErrand``.
    private let multi = Mutex<CurlMulti?>(nil)
    private let firstErrand = DispatchSemaphore(value: 0)
    private let now: SMTPClientConnection.Clock

    init(backlog: Int, now: @escaping SMTPClientConnection.Clock) {
        self.backlog = backlog
        self.now = now
    }

    var inFlight: Int { state.withLock(\.inFlight) }
    var waiting: Int { state.withLock(\.waiting.count) }

    /// Hands an errand in, or ends it at once where there is no place for it.
    func hand(in errand: SMTPRequest) {
        let (refusal, isHungry) = state.withLock { state -> (String?, Bool) in
            guard state.closing == nil else { return ("the courier is closing", false) }
            guard state.waiting.count < backlog else { return ("\(backlog) mails wait, which is the limit", false) }
            state.waiting.append(errand)
            defer { state.isHungry = false }
            return (nil, state.isHungry)
        }
        if let refusal { errand.end(.temporary(SMTPFailure(.queue, refusal))) }
        if isHungry { wake() }
    }

    /// Ends the courier when its work is done, at the latest after `limit`; returns when it has ended.
    func close(within limit: Duration) async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                if state.isClosed { return true }
                state.closed.append(continuation)
                return false
            }
            if isClosed { continuation.resume() } else { beginClosing(within: limit) }
        }
    }

    /// Ends the courier as ``close(within:)`` does, and waits for nothing.
    func beginClosing(within limit: Duration) {
        let end = now() + limit
        state.withLock { $0.closing = min($0.closing ?? end, end) }
        wake()
    }

    /// Makes the courier's thread look around.
    func wake() {
        if let multi = multi.withLock(\.self) { multi.wake() } else { firstErrand.signal() }
    }

    // MARK: - For the courier's thread

    /// Waits for the first errand, or the closing, and then starts libcurl.
    func open(_ connections: Int) throws(CurlMulti.Fault) -> CurlMulti {
        firstErrand.wait()
        let opened = try CurlMulti(connections: connections)
        multi.withLock { $0 = opened }
        return opened
    }

    /// Up to `count` errands, the oldest first.
    func take(_ count: Int) -> [SMTPRequest] {
        state.withLock { state in
            let count = min(max(0, count), state.waiting.count)
            let errands = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.inFlight += count
            return errands
        }
    }

    /// When it must have ended, if it is to end; and whether anything still waits. Called before the thread sleeps: it
    /// wants to be woken for the next errand if it could carry one.
    func sleep(hungry: Bool) -> (closing: ContinuousClock.Instant?, isEmpty: Bool) {
        state.withLock { state in
            state.isHungry = hungry
            return (state.closing, state.waiting.isEmpty)
        }
    }

    func ended() {
        state.withLock { $0.inFlight -= 1 }
    }

    /// The thread ends, and what still waits ends unsent.
    func shut(_ reason: String = "the courier was closed") {
        let (left, closed) = state.withLock { state in
            if state.closing == nil { state.closing = now() }
            state.isClosed = true
            defer { (state.waiting, state.closed) = ([], []) }
            return (state.waiting, state.closed)
        }
        for errand in left { errand.end(.temporary(SMTPFailure(.queue, reason))) }
        for continuation in closed { continuation.resume() }
    }
}
