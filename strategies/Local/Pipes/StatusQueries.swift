import BgdemoCore
import BgdemoEmail
import Synchronization

/// The questions of a web server to the master that have no answer yet.
final class StatusQueries: Sendable {
    private typealias Waiter = CheckedContinuation<Result<MailStatus?, AcceptError>, Never>

    private struct State {
        var waiters: [EmailID: [Int: Waiter]] = [:]
        var count = 0
        var last = 0
    }

    private static let limit = 1000
    private static let timeout = Duration.seconds(5)

    private let writer: LineWriter
    private let state = Mutex(State())

    init(_ writer: LineWriter) { self.writer = writer }

    func status(of id: EmailID) async throws(AcceptError) -> MailStatus? {
        let result: Result<MailStatus?, AcceptError> = await withCheckedContinuation { waiter in
            let number: Int? = state.withLock { state in
                guard state.count < Self.limit else { return nil }
                state.count += 1
                state.last += 1
                state.waiters[id, default: [:]][state.last] = waiter
                return state.last
            }
            guard let number else {
                return waiter.resume(returning: .failure(.full("too many ask the master", retryAfter: .seconds(1))))
            }
            writer.send(.status(id, nil))
            Task {
                try? await Task.sleep(for: Self.timeout)
                self.expire(id, number)
            }
        }
        return try result.get()
    }

    /// The master's answer.
    func didReceive(_ status: MailStatus?, of id: EmailID) {
        let waiters = state.withLock { state in
            let waiters = state.waiters.removeValue(forKey: id) ?? [:]
            state.count -= waiters.count
            return waiters
        }
        for waiter in waiters.values { waiter.resume(returning: .success(status)) }
    }

    private func expire(_ id: EmailID, _ number: Int) {
        let waiter = state.withLock { state in
            let waiter = state.waiters[id]?.removeValue(forKey: number)
            if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
            if waiter != nil { state.count -= 1 }
            return waiter
        }
        waiter?.resume(returning: .failure(.unavailable("the master does not answer", retryAfter: .seconds(5))))
    }
}
