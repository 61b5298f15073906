import BgdemoFoundations
import BgdemoHTTPServer
import Synchronization

/// Who has signed in with the token: at most 12 hours ago, and at most five tries a minute are looked at.
final class PageSessions: Sendable {
    private struct State {
        /// The end of each session.
        var sessions: [ByteString: ContinuousClock.Instant] = [:]
        var tries: [ContinuousClock.Instant] = []
    }

    enum SignIn: Equatable { case signedIn(String), wrong, tooManyTries }

    static let cookie = "bgdemo_session"
    static let lifetime = Duration.seconds(12 * 3600)
    private static let triesPerMinute = 5
    private static let most = 1_000

    private let token: BearerToken?
    private let state = Mutex(State())

    init(token: BearerToken?) {
        self.token = token
    }

    func signIn(_ given: String, now: ContinuousClock.Instant = .now) -> SignIn {
        guard let token else { return .wrong }
        return state.withLock { state in
            state.tries.removeAll { now - $0 >= .seconds(60) }
            guard state.tries.count < Self.triesPerMinute else { return .tooManyTries }
            state.tries.append(now)
            guard token.matches(given) else { return .wrong }
            state.tries.removeAll()
            state.sessions = state.sessions.filter { $0.value > now }
            if state.sessions.count >= Self.most, let first = state.sessions.min(by: { $0.value < $1.value }) {
                state.sessions[first.key] = nil
            }
            let session = Self.randomText()
            state.sessions[ByteString(session)] = now + Self.lifetime
            return .signedIn(session)
        }
    }

    /// Whether the cookie is of a session.
    func includes(cookie: String?, now: ContinuousClock.Instant = .now) -> Bool {
        guard let session = Self.session(cookie) else { return false }
        return state.withLock { $0.sessions[session].map { $0 > now } ?? false }
    }

    func end(cookie: String?) {
        guard let session = Self.session(cookie) else { return }
        state.withLock { _ = $0.sessions.removeValue(forKey: session) }
    }

    private static func session(_ cookie: String?) -> ByteString? {
        let name = Array("\(self.cookie)=".utf8)
        for part in (cookie ?? "").utf8.split(separator: UInt8(ascii: ";")) {
            let part = part.drop { $0 == 0x20 }
            if part.starts(with: name) { return ByteString(part.dropFirst(name.count)) }
        }
        return nil
    }

    /// 32 random bytes in hexadecimal.
    static func randomText() -> String {
        (0..<4).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
