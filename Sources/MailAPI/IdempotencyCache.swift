import BgdemoEmail
import BgdemoFoundations
import BgdemoHTTPServer
import Metrics
import Synchronization

/// What was answered under an `Idempotency-Key`
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>): for 24 hours the same key has the
/// first response and no second mail. It lives in this process' memory: a restart forgets it.
///
/// It keeps the outcome of the mail and not the response's bytes: a request that repeats the key brings the mail again.
final class IdempotencyCache: Sendable {
    private typealias Waiter = CheckedContinuation<SendMailResponse?, Never>

    private enum Entry {
        case pending(fingerprint: Int)
        case answered(fingerprint: Int, SendMailResponse)
    }

    private struct State {
        /// By the key, which is ASCII.
        var entries: [String: Entry] = [:]
        /// Requests that wait for the response to the first one with their key.
        var waiters: [String: [Waiter]] = [:]
        var waiterCount = 0
        /// Keys by age, the oldest first.
        var ages: [(key: String, at: ContinuousClock.Instant)] = []
        var oldest = 0
    }

    private let state = Mutex(State())
    private let limit: Int
    private let lifetime: Duration
    private let waiterLimit: Int
    private let waitersPerKey: Int
    private let forgotten = Counter(label: "bgdemo_idempotency_keys_forgotten_total")

    /// - Parameters:
    ///   - limit: How many keys are kept; past it the oldest is forgotten early, and counted. Default: 200,000.
    ///   - lifetime: How long a key is kept. Default: 24 hours.
    ///   - waiterLimit: How many requests may wait for the first one with their key, over all keys; past it 503.
    ///     Default: 100,000.
    ///   - waitersPerKey: How many of them may have the same key; past it 429. Default: 100.
    init(
        limit: Int = 200_000, lifetime: Duration = .seconds(86_400), waiterLimit: Int = 100_000,
        waitersPerKey: Int = 100
    ) {
        self.limit = limit
        self.lifetime = lifetime
        self.waiterLimit = waiterLimit
        self.waitersPerKey = waitersPerKey
    }

    /// Has the mail delivered unless its key was there before; then repeats the first response, or waits for it.
    ///
    /// - Parameters:
    ///   - admit: Counts a request that waits as one more mail that is asked for.
    ///   - deliver: Delivers the mail.
    /// - Throws: ``Problem`` where the key is none, was used for another mail, or has too many requests waiting.
    func respond(
        to key: String, _ request: SendMailRequest, admit: () throws(Problem) -> Void,
        deliver: (SendMailRequest) async -> SendMailResponse
    ) async throws(Problem) -> SendMailResponse {
        guard (1...256).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) else {
            throw Problem(.badRequest, "Idempotency-Key is not 1 to 256 printable ASCII characters")
        }
        let fingerprint = request.fingerprint
        while true {
            switch begin(key, fingerprint) {
            case .first:
                let response = await deliver(request)
                finish(key, fingerprint, response)
                return response
            case .repeated(let response): return response
            case .pending:
                try admit()
                if let response = try await firstResponse(key) { return response }
            case .otherMail:
                throw Problem(.conflict, "this Idempotency-Key was used for another mail", advice: "a new key")
            }
        }
    }

    private enum Beginning { case first, pending, repeated(SendMailResponse), otherMail }

    private func begin(_ key: String, _ fingerprint: Int) -> Beginning {
        state.withLock { state in
            expire(&state)
            switch state.entries[key] {
            case nil:
                state.entries[key] = .pending(fingerprint: fingerprint)
                return .first
            case .pending(fingerprint): return .pending
            case .answered(fingerprint, let response): return .repeated(response)
            case .pending, .answered: return .otherMail
            }
        }
    }

    private func finish(_ key: String, _ fingerprint: Int, _ response: SendMailResponse) {
        let waiters = state.withLock { state in
            if response.isFinal {
                state.entries[key] = .answered(fingerprint: fingerprint, response)
                state.ages.append((key, .now))
            } else {
                state.entries[key] = nil
            }
            let waiters = state.waiters.removeValue(forKey: key) ?? []
            state.waiterCount -= waiters.count
            return waiters
        }
        for waiter in waiters { waiter.resume(returning: response) }
    }

    /// The response to the first request with the key, or nil where the key was forgotten meanwhile.
    private func firstResponse(_ key: String) async throws(Problem) -> SendMailResponse? {
        let full = Mutex<Problem?>(nil)
        let response = await withCheckedContinuation { waiter in
            let waits = state.withLock { state in
                guard case .pending = state.entries[key] else { return false }
                if let problem = problem(state.waiterCount, state.waiters[key]?.count ?? 0) {
                    full.withLock { $0 = problem }
                    return false
                }
                state.waiters[key, default: []].append(waiter)
                state.waiterCount += 1
                return true
            }
            if !waits { waiter.resume(returning: nil) }
        }
        if let problem = full.withLock({ $0 }) { throw problem }
        return response
    }

    /// - Parameters:
    ///   - all: How many requests wait.
    ///   - same: How many of them have the same key.
    private func problem(_ all: Int, _ same: Int) -> Problem? {
        if all >= waiterLimit {
            return .unavailable(
                "\(waiterLimit) requests wait for the first one with their Idempotency-Key, which is the limit here",
                retryAfter: .seconds(1))
        }
        guard same >= waitersPerKey else { return nil }
        return Problem(
            .tooManyRequests, "\(waitersPerKey) requests wait for the first one with this Idempotency-Key",
            headers: [HTTPHeader("Retry-After", "1")])
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

extension SendMailRequest {
    /// Tells two mails apart, by their bytes; differs from process to process.
    fileprivate var fingerprint: Int {
        var hasher = Hasher()
        hasher.combine(ByteString(email.to.text))
        hasher.combine(ByteString(email.subject))
        hasher.combine(ByteString(email.text))
        hasher.combine(delay)
        return hasher.finalize()
    }
}
