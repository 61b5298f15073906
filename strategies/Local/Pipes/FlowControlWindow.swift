import DequeModule
import NIOCore
package import BgdemoCore
import Synchronization

/// The way of mails into a pipe, as far as the master has room for them: each request waits until its mail is with the
/// master, up to 10 s.
package final class FlowControlWindow: Sendable {
    private struct State {
        var room = Credit()
        /// Sent, and not yet said to be in the spool; in the order they were sent.
        var untaken = Deque<Request>()
        /// On their way into the pipe.
        var unwritten = Deque<Request>()
        var isGone = false
    }

    private struct Request {
        /// Nil once it has been answered.
        var answer: Answer?
        let since: NIODeadline
    }

    private typealias Answer = CheckedContinuation<Result<Void, AcceptError>, Never>

    private let writer: LineWriter
    private let isSpooled: Bool
    private let state = Mutex(State())

    private static let patience = TimeAmount.seconds(10)

    /// - Parameter isSpooled: Whether the master says when it has a mail safe.
    package init(_ writer: LineWriter, isSpooled: Bool) {
        self.writer = writer
        self.isSpooled = isSpooled
    }

    // MARK: What a request does

    /// Returns when the pipe has all of the line; where the master keeps a spool, when it is in there.
    package func send(_ line: String) async throws(AcceptError) {
        try takeRoom(for: line)
        let result: Result<Void, AcceptError> = await withCheckedContinuation { answer in
            state.withLock { state in
                state.unwritten.append(Request(answer: answer, since: .now()))
                writer.post(line: line) { [self] isWhole in written(isWhole) }
            }
        }
        return try result.get()
    }

    /// Posts the line, and forgets it: nobody knows whether it arrives.
    package func post(_ line: String) throws(AcceptError) {
        try takeRoom(for: line)
        writer.post(line: line) { _ in }
    }

    /// Throws what a line would be refused with now.
    package func check() throws(AcceptError) {
        let (isGone, room) = state.withLock { ($0.isGone, $0.room) }
        if isGone { throw Self.gone }
        if room.mails < 1 { throw Self.full }
    }

    private func takeRoom(for line: String) throws(AcceptError) {
        let bytes = line.utf8.count
        let refusal: AcceptError? = state.withLock { state in
            if state.isGone { return Self.gone }
            // A mail larger than all room goes when there is nothing else.
            guard state.room.mails > 0, state.room.bytes > 0 else { return Self.full }
            state.room.mails -= 1
            state.room.bytes -= bytes
            return nil
        }
        if let refusal { throw refusal }
    }

    /// The pipe has taken the oldest line of those on their way, or will take none any more.
    private func written(_ isWhole: Bool) {
        let answer = state.withLock { state -> Answer? in
            guard let first = state.unwritten.popFirst() else { return nil }
            if isWhole, isSpooled {
                state.untaken.append(first)
                return nil
            }
            return first.answer
        }
        answer?.resume(returning: isWhole ? .success(()) : .failure(Self.gone))
    }

    private static let gone = AcceptError.unavailable("the master is gone", retryAfter: .seconds(1))
    private static let full = AcceptError.full("the master's backlog is full", retryAfter: .seconds(1))
    private static let late = AcceptError.unavailable("the master does not answer", retryAfter: .seconds(5))

    // MARK: What the master says

    package func widen(by more: Credit) {
        state.withLock { state in
            state.room.mails += more.mails
            state.room.bytes += more.bytes
        }
    }

    /// The next of those that wait for the spool are in there.
    package func taken(_ count: Int) { answer(count, .success(())) }

    /// The next of those that wait for the spool will never be in there.
    package func refused(_ count: Int, _ reason: String) {
        answer(count, .failure(.unavailable(reason, retryAfter: .seconds(5))))
    }

    private func answer(_ count: Int, _ result: Result<Void, AcceptError>) {
        let answers = state.withLock { state in
            let answers = state.untaken.prefix(count).map(\.answer)
            state.untaken.removeFirst(answers.count)
            return answers
        }
        for answer in answers { answer?.resume(returning: result) }
    }

    /// The master is gone.
    package func close() {
        let answers = state.withLock { state in
            state.isGone = true
            defer { state.untaken.removeAll() }
            return state.untaken.map(\.answer)
        }
        for answer in answers { answer?.resume(returning: .failure(Self.gone)) }
    }

    // MARK: What the clock says

    /// Refuses those who have waited too long. Their mails may still arrive.
    package func refuseLate() {
        let limit = NIODeadline.now() - Self.patience
        let late = state.withLock { Self.giveUp(&$0.untaken, limit) + Self.giveUp(&$0.unwritten, limit) }
        for answer in late { answer.resume(returning: .failure(Self.late)) }
    }

    private static func giveUp(_ requests: inout Deque<Request>, _ limit: NIODeadline) -> [Answer] {
        var late: [Answer] = []
        for place in requests.indices {
            guard requests[place].since < limit else { break }
            if let answer = requests[place].answer { late.append(answer) }
            requests[place].answer = nil
        }
        return late
    }
}
