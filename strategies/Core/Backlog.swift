package import BgdemoTraceContext
import DequeModule
package import Metrics
package import NIOCore
import Synchronization

/// The mails that a worker holds in memory: waiting, in hand, or delayed until they are tried again. Bounded in number and
/// bytes: who adds one more waits.
package final class Backlog: Sendable {
    package struct Entry {
        package let attempt: DeliveryAttempt
        package var attempts: AttemptCounter
        /// What its message carries of a trace.
        package let trace: TraceFields
        /// The span of its last attempt.
        package var lastSpan = TraceFields()

        package init(
            _ attempt: DeliveryAttempt, attempts: AttemptCounter = AttemptCounter(), trace: TraceFields = TraceFields()
        ) {
            (self.attempt, self.attempts, self.trace) = (attempt, attempts, trace)
        }
    }

    fileprivate struct State {
        var waiting = Deque<Entry>()
        var delayed: [Int: Entry] = [:]
        var delays = 0
        /// Waiting, in hand and delayed.
        var count = 0
        var bytes = 0
        var idle = Deque<CheckedContinuation<Entry?, Never>>()
        var producer: CheckedContinuation<Void, Never>?
        /// Nothing new comes.
        var isClosed = false
        /// Nothing more is handed out.
        var isAbandoned = false
    }

    private let limit: Int
    private let byteLimit: Int
    private let loop: any EventLoop
    private let length: Gauge
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: How many mails it holds.
    ///   - byteLimit: How many bytes they take. Default: 64 MiB, half of what ``DeliveryTracker`` lets be in flight.
    ///   - loop: Its clock delays mails.
    ///   - length: Records how many wait.
    package init(limit: Int, byteLimit: Int = 64 << 20, on loop: any EventLoop, length: Gauge) {
        self.limit = limit
        self.byteLimit = byteLimit
        self.loop = loop
        self.length = length
    }

    /// Adds a mail, and returns when there is room for another. For one caller at a time.
    package func push(_ mail: Entry) async {
        let isFull = state.withLock { state in
            state.count += 1
            state.bytes += mail.attempt.email.memoryBytes
            return hasReachedLimit(state.count, state.bytes)
        }
        hand(mail)
        guard isFull else { return }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let hasRoom = state.withLock { state in
                    guard hasReachedLimit(state.count, state.bytes), !state.isAbandoned, !Task.isCancelled else {
                        return true
                    }
                    state.producer = continuation
                    return false
                }
                if hasRoom { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.producer.take() }?.resume()
        }
    }

    private func hasReachedLimit(_ count: Int, _ bytes: Int) -> Bool { count >= limit || bytes >= byteLimit }

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

    /// Has a mail that was handed out tried again after a delay.
    ///
    /// - Returns: Whether it will be. Not after ``abandon()``.
    package func rest(_ mail: Entry, for delay: Duration) -> Bool {
        let number: Int? = state.withLock { state in
            guard !state.isAbandoned else { return nil }
            state.delays += 1
            state.delayed[state.delays] = mail
            return state.delays
        }
        guard let number else { return false }
        loop.scheduleTask(in: TimeAmount(delay)) { [self] in
            guard let mail = state.withLock({ $0.delayed.removeValue(forKey: number) }) else { return }
            hand(mail)
        }
        return true
    }

    /// A mail that was handed out is finished.
    package func done(_ mail: Entry) {
        let (producer, idle) = state.withLock { state in
            state.count -= 1
            state.bytes -= mail.attempt.email.memoryBytes
            return (state.producer.take(), state.isClosed && state.count == 0 ? state.takeIdle() : [])
        }
        producer?.resume()
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
        let (producer, idle) = state.withLock { state in
            state.isClosed = true
            state.isAbandoned = true
            return (state.producer.take(), state.takeIdle())
        }
        producer?.resume()
        for continuation in idle { continuation.resume(returning: nil) }
    }

    /// What is left, once nothing is handed out any more.
    package func takeAll() -> [Entry] {
        state.withLock { state in
            defer {
                state.waiting = []
                state.delayed = [:]
            }
            return state.waiting + state.delayed.sorted { $0.key < $1.key }.map(\.value)
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
