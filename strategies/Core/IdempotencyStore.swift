public import BgdemoEmail
import BgdemoFoundations

/// Where a strategy keeps what was answered under an `Idempotency-Key`, for all web servers and across restarts.
public protocol IdempotencyStore: Sendable {
    /// Notes the key, or says what is noted under it. One of several callers is the first.
    ///
    /// - Throws: ``AcceptError`` where the store is away.
    func begin(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError) -> IdempotencyState
    /// Notes the answer.
    ///
    /// - Throws: ``AcceptError`` where the store is away.
    func finish(_ key: String, _ answer: IdempotencyRecord) async throws(AcceptError)
    /// Forgets the request, because nothing was accepted.
    ///
    /// - Throws: ``AcceptError`` where the store is away.
    func forget(_ key: String, _ request: IdempotencyRecord) async throws(AcceptError)
}

/// What a key stands for.
public enum IdempotencyState: Sendable, Hashable {
    /// The caller's request is the first: it delivers the mail, and calls `finish` or `forget`.
    case first
    /// The first request is under way.
    case pending(IdempotencyRecord)
    /// The first request has been under way for so long that its web server must be gone; the caller takes its place.
    case abandoned(IdempotencyRecord)
    case answered(IdempotencyRecord)
}

/// A request under a key, or its answer.
public struct IdempotencyRecord: Sendable, Hashable {
    /// Tells two mails apart.
    public let fingerprint: String
    /// The mail.
    public let id: EmailID
    /// The answer, as JSON; empty before there is one.
    public let answer: String

    public init(fingerprint: String, id: EmailID, answer: String = "") {
        (self.fingerprint, self.id, self.answer) = (fingerprint, id, answer)
    }

    /// How long a key is kept.
    public static let lifetime = Duration.seconds(86_400)
    /// How long a request may be under way: longer than a strategy with a store takes.
    public static let longestRequest = Duration.seconds(20)

    /// `<fingerprint> <id> <answer>`.
    public var text: String { "\(fingerprint) \(id) \(answer)" }

    /// nil where the text is none.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let id = EmailID(String(Substring(parts[1]))) else { return nil }
        self.init(fingerprint: String(Substring(parts[0])), id: id, answer: String(Substring(parts[2])))
    }
}
