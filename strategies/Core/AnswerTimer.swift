public import BgdemoEmail
import DequeModule
import Synchronization

/// Bounds how long a request waits for the outcome of its mail. The sending goes on after that.
///
/// All requests have the same limit, so that their deadlines come in the order of the requests: one task waits for the
/// nearest, and nothing else is scheduled.
public final class AnswerTimer: Sendable {
    private struct State {
        var answers = Deque<(answer: Answer, deadline: ContinuousClock.Instant)>()
        var isRunning = false
    }

    private let limit: Duration
    private let state = Mutex(State())

    public init(limit: Duration) {
        self.limit = limit
    }

    /// Calls `send` and returns the outcome that it reports, or nil where it has reported none within the limit.
    public func outcome(
        of send: (_ report: @escaping @Sendable (SendOutcome) -> Void) -> Void
    ) async -> SendOutcome? {
        await withCheckedContinuation { continuation in
            let answer = Answer(continuation)
            add(answer)
            send { answer.resume($0) }
        }
    }

    private func add(_ answer: Answer) {
        let starts = state.withLock { state in
            while let first = state.answers.first, first.answer.isResumed { state.answers.removeFirst() }
            state.answers.append((answer, .now + limit))
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if starts { Task { await expireAnswers() } }
    }

    private func expireAnswers() async {
        while let deadline = expireDueAnswers() {
            try? await Task.sleep(until: deadline, clock: .continuous)
        }
    }

    /// - Returns: The next deadline; nil where none is left.
    private func expireDueAnswers() -> ContinuousClock.Instant? {
        let (due, next) = state.withLock { state in
            var due: [Answer] = []
            let now = ContinuousClock.now
            while let first = state.answers.first, first.answer.isResumed || first.deadline <= now {
                due.append(first.answer)
                state.answers.removeFirst()
            }
            if state.answers.isEmpty { state.isRunning = false }
            return (due, state.answers.first?.deadline)
        }
        for answer in due { answer.resume(nil) }
        return next
    }

    /// Resumes its task once, with whatever comes first.
    private final class Answer: Sendable {
        private let continuation: Mutex<CheckedContinuation<SendOutcome?, Never>?>

        init(_ continuation: CheckedContinuation<SendOutcome?, Never>) {
            self.continuation = Mutex(continuation)
        }

        var isResumed: Bool { continuation.withLock { $0 == nil } }

        func resume(_ outcome: SendOutcome?) {
            continuation.withLock { $0.take() }?.resume(returning: outcome)
        }
    }
}
