import BgdemoEmail
import BgdemoHTTPServer
import Metrics
import Synchronization

/// What was answered under an `Idempotency-Key`
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>): for 24 hours the same key has the
/// first answer and no second mail. It lives in this process's memory: a restart forgets it.
///
/// Kept is what became of the mail, not the answer's bytes: who comes again brings the mail along.
final class IdempotencyCache: Sendable {
    private enum Entry {
        case underWay(Int, [CheckedContinuation<SendMailResponse?, Never>])
        case answered(Int, SendMailResponse)
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// Keys by age, the oldest first.
        var ages: [(key: String, at: ContinuousClock.Instant)] = []
        var oldest = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let lifetime: Duration
    private let forgotten = Counter(label: "bgdemo_idempotency_keys_forgotten_total")

    /// - Parameter limit: How many keys are kept; past it the oldest is forgotten early, and counted.
    init(limit: Int = 200_000, lifetime: Duration = .seconds(86_400)) {
        self.limit = limit
        self.lifetime = lifetime
    }

    /// Delivers `order` unless its key was there before; then waits for, or repeats, what became of the first.
    func once(_ key: String, _ order: SendMailRequest, deliver: (SendMailRequest) async -> SendMailResponse)
        async throws(Problem) -> SendMailResponse
    {
        guard (1...256).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
            throw Problem(.badRequest, "Idempotency-Key is not 1 to 256 printable ASCII characters")
        }
        let print = Self.fingerprint(order)
        while true {
            switch begin(key, print) {
            case .first:
                let answer = await deliver(order)
                finish(key, print, answer)
                return answer
            case .repeated(let answer): return answer
            case .underWay: if let answer = await firstAnswer(key) { return answer }
            case .other: throw Problem(.conflict, "this Idempotency-Key was used for another mail", advice: "a new key")
            }
        }
    }

    private static func fingerprint(_ order: SendMailRequest) -> Int {
        var hasher = Hasher()
        hasher.combine(order.email.to)
        hasher.combine(order.email.subject)
        hasher.combine(order.email.text)
        hasher.combine(order.delay)
        return hasher.finalize()
    }

    private enum Beginning { case first, underWay, repeated(SendMailResponse), other }

    private func begin(_ key: String, _ print: Int) -> Beginning {
        state.withLock { state in
            expire(&state)
            switch state.entries[key] {
            case nil:
                state.entries[key] = .underWay(print, [])
                return .first
            case .underWay(print, _): return .underWay
            case .answered(print, let answer): return .repeated(answer)
            case .underWay, .answered: return .other
            }
        }
    }

    private func finish(_ key: String, _ print: Int, _ answer: SendMailResponse) {
        let waiting = state.withLock { state in
            guard case .underWay(_, let waiting) = state.entries.removeValue(forKey: key) else {
                return [CheckedContinuation<SendMailResponse?, Never>]()
            }
            if answer.isFinal {
                state.entries[key] = .answered(print, answer)
                state.ages.append((key, .now))
            }
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: answer) }
    }

    /// What becomes of the mail under way, or nil where it has ended meanwhile and left nothing to be repeated.
    private func firstAnswer(_ key: String) async -> SendMailResponse? {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard case .underWay(let print, let waiting) = state.entries[key] else { return true }
                state.entries[key] = .underWay(print, waiting + [continuation])
                return false
            }
            if isOver { continuation.resume(returning: nil) }
        }
    }

    private func expire(_ state: inout State) {
        let now = ContinuousClock.now
        while state.oldest < state.ages.count {
            let (key, at) = state.ages[state.oldest]
            let isOld = now - at > lifetime
            guard isOld || state.ages.count - state.oldest > limit else { break }
            if !isOld { forgotten.increment() }
            state.entries[key] = nil
            state.oldest += 1
        }
        if state.oldest > 1024, state.oldest * 2 > state.ages.count {
            state.ages.removeFirst(state.oldest)
            state.oldest = 0
        }
    }
}
