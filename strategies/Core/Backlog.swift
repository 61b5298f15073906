import DequeModule
package import Metrics
package import NIOCore
import Synchronization

/// The mails that a worker holds in memory: waiting, in hand, or resting until they are tried again. Bounded: who
/// brings one more waits.
package final class Backlog: Sendable {
    package struct Entry {
        package let attempt: DeliveryAttempt
        package let attempts: Int

        package init(_ attempt: DeliveryAttempt, attempts: Int = 0) {
            self.attempt = attempt
            self.attempts = attempts
        }
    }

    fileprivate struct State {
        var waiting = Deque<Entry>()
        var resting: [Int: Entry] = [:]
        var rests = 0
        /// Waiting, in hand and resting.
        var count = 0
        var idle = Deque<CheckedContinuation<Entry?, Never>>()
        var bringer: CheckedContinuation<Void, Never>?
        /// Nothing new comes.
        var isClosed = false
        /// Nothing more is handed out.
        var isAbandoned = false
    }

    private let limit: Int
    private let loop: any EventLoop
    private let length: Gauge
    private let state = Mutex(State())

    /// - Parameters:
    ///   - loop: By whose clock mails rest.
    ///   - length: How many wait.
    package init(limit: Int, on loop: any EventLoop, length: Gauge) {
        self.limit = limit
        self.loop = loop
        self.length = length
    }

    /// Takes a mail in, and returns when there is room for another. For one caller at a time.
    package func push(_ mail: Entry) async {
        let isFull = state.withLock { state in
            state.count += 1
            return state.count >= limit
        }
        hand(mail)
        guard isFull else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRoom = state.withLock { state in
                    guard state.count >= limit, !state.isAbandoned, !Task.isCancelled else { return true }
                    state.bringer = continuation
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.bringer.take() }?.resume()
        }
    }

    /// The next mail that is due, when there is one; nil when there will be none.
    package func next() async -> Entry? {
        await withCheckedContinuation { continuation in
            let mail: Entry?? = state.withLock { state in
                if state.isAbandoned { return .some(nil) }
                if let mail = state.waiting.popFirst() {
                    length.record(state.waiting.count)
                    return mail
                }
                if state.isClosed, state.count == 0 { return .some(nil) }
                state.idle.append(continuation)
                return nil
            }
            if let mail { continuation.resume(returning: mail) }
        }
    }

    /// A mail that was handed out is to be tried again.
    ///
    /// - Returns: Whether it will be: not where all is over.
    package func rest(_ mail: Entry, for delay: Duration) -> Bool {
        let number: Int? = state.withLock { state in
            guard !state.isAbandoned else { return nil }
            state.rests += 1
            state.resting[state.rests] = mail
            return state.rests
        }
        guard let number else { return false }
        loop.scheduleTask(in: TimeAmount(delay)) { [self] in
            guard let mail = state.withLock({ $0.resting.removeValue(forKey: number) }) else { return }
            hand(mail)
        }
        return true
    }

    /// A mail that was handed out is done with.
    package func done() {
        let (bringer, idle) = state.withLock { state in
            state.count -= 1
            return (state.bringer.take(), state.isClosed && state.count == 0 ? state.takeIdle() : [])
        }
        bringer?.resume()
        for continuation in idle { continuation.resume(returning: nil) }
    }

    /// Nothing new comes; what is here is still handed out.
    package func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            return state.count == 0 ? state.takeIdle() : []
        }
        for continuation in idle { continuation.resume(returning: nil) }
    }

    /// Nothing more is handed out.
    package func abandon() {
        let (bringer, idle) = state.withLock { state in
            state.isClosed = true
            state.isAbandoned = true
            return (state.bringer.take(), state.takeIdle())
        }
        bringer?.resume()
        for continuation in idle { continuation.resume(returning: nil) }
    }

    /// What is left, once nothing is handed out any more.
    package func takeAll() -> [Entry] {
        state.withLock { state in
            defer {
                state.waiting = []
                state.resting = [:]
            }
            return state.waiting + state.resting.sorted { $0.key < $1.key }.map(\.value)
        }
    }

    /// A mail that was handed out could not be tried.
    package func giveBack(_ mail: Entry) { hand(mail) }

    private func hand(_ mail: Entry) {
        let idle: CheckedContinuation<Entry?, Never>? = state.withLock { state in
            if !state.isAbandoned, let idle = state.idle.popFirst() { return idle }
            state.waiting.append(mail)
            length.record(state.waiting.count)
            return nil
        }
        idle?.resume(returning: mail)
    }
}

extension Backlog.State {
    mutating func takeIdle() -> Deque<CheckedContinuation<Backlog.Entry?, Never>> {
        defer { idle = [] }
        return idle
    }
}
