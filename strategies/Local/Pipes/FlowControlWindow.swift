package import BgdemoCore
import DequeModule
import NIOCore
import Synchronization

/// The way of mails into the pipe to the master, within the credit that the master grants. A request waits until the
/// master has its mail, for at most 10 s.
package final class FlowControlWindow: Sendable {
    private struct State {
        var credit = Credit()
        /// The requests that wait, in the order they were sent: for the confirmation that their mail is in the spool, or,
        /// where there is none, for the pipe to take it.
        var waiting = Deque<Request>()
        var isClosed = false
    }

    private struct Request {
        /// Nil once it was resumed.
        var continuation: Continuation?
        let since: NIODeadline
    }

    private typealias Continuation = CheckedContinuation<Result<Void, AcceptError>, Never>

    private let writer: LineWriter
    private let isSpooled: Bool
    private let state = Mutex(State())

    private static let timeout = TimeAmount.seconds(10)
    /// More credit than any master grants.
    private static let maximum = Credit(mails: 1 << 32, bytes: 1 << 48)

    /// - Parameter isSpooled: Whether the master confirms each mail.
    package init(_ writer: LineWriter, isSpooled: Bool) {
        self.writer = writer
        self.isSpooled = isSpooled
    }

    // MARK: Requests

    /// Returns when the pipe has all of the line; where the master keeps a spool, when it is in there.
    package func send(_ line: String) async throws(AcceptError) {
        try useCredit(for: line)
        let result: Result<Void, AcceptError> = await withCheckedContinuation { continuation in
            state.withLock { state in
                // Before the write: the master may confirm a mail whose write, which others share, has not ended.
                state.waiting.append(Request(continuation: continuation, since: .now()))
                writer.write(line: line) { [self] isWhole in didWrite(isWhole) }
            }
        }
        return try result.get()
    }

    /// Writes the line and returns at once, whether it arrives or not.
    package func sendUnacknowledged(_ line: String) throws(AcceptError) {
        try useCredit(for: line)
        writer.write(line: line) { _ in }
    }

    /// Throws what a line would be refused with now.
    package func check() throws(AcceptError) {
        let (isClosed, credit) = state.withLock { ($0.isClosed, $0.credit) }
        if isClosed { throw Self.masterGone }
        if credit.mails < 1 || credit.bytes < 1 { throw Self.backlogFull }
    }

    private func useCredit(for line: String) throws(AcceptError) {
        let bytes = line.utf8.count
        let error: AcceptError? = state.withLock { state in
            if state.isClosed { return Self.masterGone }
            // A mail that is larger than all credit passes when there is nothing else.
            guard state.credit.mails > 0, state.credit.bytes > 0 else { return Self.backlogFull }
            state.credit.mails -= 1
            state.credit.bytes -= bytes
            return nil
        }
        if let error { throw error }
    }

    /// The pipe has taken the oldest line of those that wait for it, or takes none any more.
    private func didWrite(_ isWhole: Bool) {
        guard isWhole else { return close() }
        if !isSpooled { resume(1, .success(())) }
    }

    private static let masterGone = AcceptError.unavailable("the master is gone", retryAfter: .seconds(1))
    private static let backlogFull = AcceptError.full("the master's backlog is full", retryAfter: .seconds(1))
    private static let timedOut = AcceptError.unavailable("the master does not answer", retryAfter: .seconds(5))

    // MARK: Messages of the master

    package func add(_ more: Credit) {
        state.withLock { state in
            state.credit.mails = min(state.credit.mails + min(more.mails, Self.maximum.mails), Self.maximum.mails)
            state.credit.bytes = min(state.credit.bytes + min(more.bytes, Self.maximum.bytes), Self.maximum.bytes)
        }
    }

    /// The next `count` unconfirmed mails are in the spool.
    package func confirm(_ count: Int) { resume(count, .success(())) }

    /// The next `count` unconfirmed mails are not in the spool, and never will be.
    package func reject(_ count: Int, _ reason: String) {
        resume(count, .failure(.unavailable(reason, retryAfter: .seconds(5))))
    }

    private func resume(_ count: Int, _ result: Result<Void, AcceptError>) {
        let continuations = state.withLock { state in
            let continuations = state.waiting.prefix(count).map(\.continuation)
            state.waiting.removeFirst(continuations.count)
            return continuations
        }
        for continuation in continuations { continuation?.resume(returning: result) }
    }

    /// The master is gone.
    package func close() {
        let continuations = state.withLock { state in
            state.isClosed = true
            defer { state.waiting.removeAll() }
            return state.waiting.map(\.continuation)
        }
        for continuation in continuations { continuation?.resume(returning: .failure(Self.masterGone)) }
    }

    // MARK: Time

    /// Refuses the requests that have waited too long. Their mails may still arrive.
    package func expire() {
        let limit = NIODeadline.now() - Self.timeout
        let expired = state.withLock { Self.expire(&$0.waiting, limit) }
        for continuation in expired { continuation.resume(returning: .failure(Self.timedOut)) }
    }

    private static func expire(_ requests: inout Deque<Request>, _ limit: NIODeadline) -> [Continuation] {
        var expired: [Continuation] = []
        for place in requests.indices {
            guard requests[place].since < limit else { break }
            if let continuation = requests[place].continuation { expired.append(continuation) }
            requests[place].continuation = nil
        }
        return expired
    }
}
