import BgdemoCore
import BgdemoEmail
import BgdemoFoundations
import BgdemoHTTPServer
import Metrics
import Synchronization

/// What was answered under an `Idempotency-Key`
/// (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>): for 24 hours the same key has the
/// first response and no second mail. What a store of the strategy has is shared by all web servers and survives them; the
/// memory of this process is before it, and alone where there is no store.
///
/// It keeps the outcome of the mail and not the response's bytes: a request that repeats the key brings the mail again.
final class IdempotencyCache: Sendable {
    private typealias Waiter = CheckedContinuation<SendMailResponse?, Never>

    private enum Entry {
        case pending(fingerprint: UInt64)
        case answered(fingerprint: UInt64, SendMailResponse)
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
    private let store: (any IdempotencyStore)?
    private let statuses: (any MailStatusStore)?
    private let longestWait: Duration
    private let forgotten = Counter(label: "bgdemo_idempotency_keys_forgotten_total")

    /// - Parameters:
    ///   - limit: How many keys are kept; past it the oldest is forgotten early, and counted. Default: 200,000.
    ///   - lifetime: How long a key is kept. Default: 24 hours.
    ///   - waiterLimit: How many requests may wait for the first one with their key, over all keys; past it 503.
    ///     Default: 100,000.
    ///   - waitersPerKey: How many of them may have the same key; past it 429. Default: 100.
    ///   - store: What all web servers share. Default: nil.
    ///   - statuses: What is known of a mail whose web server has died. Default: nil.
    ///   - longestWait: How long a request waits for the first one at another web server; past it 503. Default: 30 s.
    init(
        limit: Int = 200_000, lifetime: Duration = IdempotencyRecord.lifetime, waiterLimit: Int = 100_000,
        waitersPerKey: Int = 100, store: (any IdempotencyStore)? = nil, statuses: (any MailStatusStore)? = nil,
        longestWait: Duration = .seconds(30)
    ) {
        (self.store, self.statuses, self.longestWait) = (store, statuses, longestWait)
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
    /// - Throws: ``Problem`` where the key was used for another mail, or has too many requests waiting.
    func respond(
        to key: IdempotencyKey, _ request: SendMailRequest, admit: () throws(Problem) -> Void,
        deliver: (SendMailRequest) async -> SendMailResponse
    ) async throws(Problem) -> SendMailResponse {
        let key = key.text
        let fingerprint = request.fingerprint
        while true {
            switch begin(key, fingerprint) {
            case .first:
                let response = await respond(to: key, request, fingerprint, store, deliver)
                finish(key, fingerprint, response)
                return response
            case .repeated(let response): return response
            case .pending:
                try admit()
                if let response = try await firstResponse(key) { return response }
            case .otherMail:
                throw Self.otherMail
            }
        }
    }

    /// Has the mail delivered unless another web server did, or does; then waits for its response.
    private func respond(
        to key: String, _ request: SendMailRequest, _ fingerprint: UInt64, _ store: (any IdempotencyStore)?,
        _ deliver: (SendMailRequest) async -> SendMailResponse
    ) async -> SendMailResponse {
        guard let store else { return await deliver(request) }
        let mail = String(fingerprint, radix: 16)
        let (id, end) = (request.email.id, ContinuousClock.now + longestWait)
        var pause = Duration.milliseconds(20)
        do throws(AcceptError) {
            while true {
                let record = IdempotencyRecord(fingerprint: mail, id: id)
                switch try await store.begin(key, record) {
                case .first: return await finish(key, record, in: store, deliver(request))
                case .answered(let answer) where answer.fingerprint.hasSameBytes(as: mail):
                    guard let response = SendMailResponse(answer.id, json: answer.answer) else {
                        return await deliver(request)
                    }
                    return response
                case .abandoned(let old) where old.fingerprint.hasSameBytes(as: mail):
                    return await finish(key, old, in: store, takeOver(old, request, deliver))
                case .pending(let other) where other.fingerprint.hasSameBytes(as: mail): break
                case .answered, .abandoned, .pending: return SendMailResponse(id, .rejected(Self.otherMail))
                }
                guard ContinuousClock.now + pause < end, (try? await Task.sleep(for: pause)) != nil else {
                    throw .unavailable(
                        "the first request with this Idempotency-Key is under way; its answer is not known yet",
                        retryAfter: .seconds(1))
                }
                pause = min(pause * 2, .milliseconds(500))
            }
        } catch {
            return SendMailResponse(id, error)
        }
    }

    /// Notes the response; a key whose response can't be noted is taken over later.
    private func finish(
        _ key: String, _ record: IdempotencyRecord, in store: any IdempotencyStore, _ response: SendMailResponse
    ) async -> SendMailResponse {
        if response.isFinal {
            let answer = IdempotencyRecord(
                fingerprint: record.fingerprint, id: response.id, answer: response.json)
            try? await store.finish(key, answer)
        } else {
            try? await store.forget(key, record)
        }
        return response
    }

    /// The mail of a web server that has died: it may have been accepted. It is delivered with its id, by which a duplicate
    /// is known.
    private func takeOver(
        _ record: IdempotencyRecord, _ request: SendMailRequest, _ deliver: (SendMailRequest) async -> SendMailResponse
    ) async -> SendMailResponse {
        if let status = try? await statuses?.status(of: record.id) {
            return SendMailResponse(record.id, .accepted(AcceptResult(status.state)))
        }
        guard let request = request.with(record.id) else { return await deliver(request) }
        return await deliver(request)
    }

    private static let otherMail = Problem(
        .conflict, "this Idempotency-Key was used for another mail", advice: "a new key")

    private enum Beginning { case first, pending, repeated(SendMailResponse), otherMail }

    private func begin(_ key: String, _ fingerprint: UInt64) -> Beginning {
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

    private func finish(_ key: String, _ fingerprint: UInt64, _ response: SendMailResponse) {
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
    /// Tells two mails apart, by their bytes; the same in every process.
    fileprivate var fingerprint: UInt64 {
        var hash = FNV1a.offsetBasis
        for field in [email.to.text, email.subject, email.text, "\(delay?.milliseconds ?? 0)"] {
            // No field has this byte.
            hash = FNV1a.hash(CollectionOfOne(0), from: FNV1a.hash(field.utf8, from: hash))
        }
        return hash
    }

    /// The same mail under another id.
    fileprivate func with(_ id: EmailID) -> SendMailRequest? {
        (try? Email(id: id, to: email.to.text, subject: email.subject, text: email.text)).map {
            SendMailRequest($0, after: delay)
        }
    }
}
