import BgdemoEmail
import DequeModule
import Dispatch
import Synchronization

/// Where requests wait for the client's thread: in order, and bounded.
final class SendQueue: Sendable {
    private struct State {
        var waiting = Deque<SMTPRequest>()
        var inFlight = 0
        /// Whether the thread would take another request, and has to be woken for it.
        var wantsRequests = true
        var sessionFailure: SMTPFailure?
        var closing: ContinuousClock.Instant?
        var isClosed = false
        var closed: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let backlog: Int
    /// What wakes the client's thread once it is at work; before that it is ``firstRequest``.
    private let multi = Mutex<CurlMulti?>(nil)
    private let firstRequest = DispatchSemaphore(value: 0)
    private let now: SMTPClientConnection.Clock

    /// - Parameter backlog: How many requests may wait.
    init(backlog: Int, now: @escaping SMTPClientConnection.Clock) {
        self.backlog = backlog
        self.now = now
    }

    var inFlight: Int { state.withLock(\.inFlight) }
    var waiting: Int { state.withLock(\.waiting.count) }
    /// What stood between the client and the server when the last request ended.
    var sessionFailure: SMTPFailure? { state.withLock(\.sessionFailure) }

    /// Appends a request, or ends it at once where there is no place for it.
    func enqueue(_ request: SMTPRequest) {
        let (refusal, wakes) = state.withLock { state -> (String?, Bool) in
            guard state.closing == nil else { return ("the SMTP client is closing", false) }
            guard state.waiting.count < backlog else { return ("\(backlog) mails wait, which is the limit", false) }
            state.waiting.append(request)
            defer { state.wantsRequests = false }
            return (nil, state.wantsRequests)
        }
        if let refusal { request.end(.temporary(SMTPFailure(.queue, refusal))) }
        if wakes { wake() }
    }

    /// Ends the client when its work is done, at the latest after `limit`; returns when it has ended.
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

    /// Ends the client as ``close(within:)`` does, and waits for nothing.
    func beginClosing(within limit: Duration) {
        let end = now() + limit
        state.withLock { $0.closing = min($0.closing ?? end, end) }
        wake()
    }

    /// Makes the client's thread look at the queue and the clock.
    func wake() {
        if let multi = multi.withLock(\.self) { multi.wake() } else { firstRequest.signal() }
    }

    // MARK: - For the client's thread

    /// Waits for the first request, or the closing, and then starts libcurl.
    func open(_ connections: Int) throws(CurlError) -> CurlMulti {
        firstRequest.wait()
        let opened = try CurlMulti(connections: connections)
        multi.withLock { $0 = opened }
        return opened
    }

    /// Up to `count` requests, the oldest first.
    func dequeue(_ count: Int) -> [SMTPRequest] {
        state.withLock { state in
            let count = min(max(0, count), state.waiting.count)
            let requests = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.inFlight += count
            return requests
        }
    }

    /// When it must have ended, if it is to end; and whether anything still waits. Called before the thread waits: it is
    /// to be woken for the next request if it could carry one.
    func prepareToWait(wantsRequests: Bool) -> (closing: ContinuousClock.Instant?, isEmpty: Bool) {
        state.withLock { state in
            state.wantsRequests = wantsRequests
            return (state.closing, state.waiting.isEmpty)
        }
    }

    /// - Parameter sessionFailure: What stands between the client and the server now.
    func requestDidEnd(_ sessionFailure: SMTPFailure?) {
        state.withLock { state in
            state.inFlight -= 1
            state.sessionFailure = sessionFailure
        }
    }

    /// The thread ends. What still waits ends unsent.
    func finish(_ reason: String = "the SMTP client was closed") {
        let (left, closed) = state.withLock { state in
            if state.closing == nil { state.closing = now() }
            state.isClosed = true
            defer { (state.waiting, state.closed) = ([], []) }
            return (state.waiting, state.closed)
        }
        for request in left { request.end(.temporary(SMTPFailure(.queue, reason))) }
        for continuation in closed { continuation.resume() }
    }
}
