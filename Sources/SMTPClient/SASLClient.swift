import BgdemoEmail
import BgdemoFoundations

/// The login on one connection (RFC 4954): which mechanism is tried, what is said, what the replies mean. It touches no
/// socket.
///
///     C: AUTH PLAIN AGJvYgBzZWNyZXQ=      S: 535
///     C: AUTH LOGIN                       S: 334
///     C: Ym9i                             S: 334
///     C: c2VjcmV0                         S: 235
///
/// PLAIN comes first with its initial response, and without it where the server does not take one (501). A refusal of
/// a mechanism, of the password too (504, 534, 535), goes on to the next mechanism.
struct SASLClient {
    /// What to do after a reply.
    enum Step {
        case send([UInt8])
        case loggedIn(SASLMechanism)
        /// Log in on another connection, by one of these mechanisms of libcurl's.
        case useLibrary([SASLMechanism])
        case refused(SMTPFailure)
    }

    private struct Attempt {
        let mechanism: SASLMechanism
        var hasInitialResponse: Bool
        /// Whether the same mechanism was tried the other way before.
        var isSecond = false
    }

    private let credentials: SMTPLogin.Credentials
    private let library: [SASLMechanism]
    private var attempts: ArraySlice<Attempt>
    /// What answers the next 334, and those after it.
    private var responses: ArraySlice<String> = []
    private var refusal: SMTPReply?
    private var challenges = 0

    /// No mechanism has as many challenges.
    private static let mostChallenges = 16
    /// The longest AUTH line with an initial response (RFC 4954, section 4), its CRLF included.
    private static let longestLine = 512

    /// - Throws: The failure of a login that this server has no mechanism for.
    init(
        _ credentials: SMTPLogin.Credentials, _ authentication: SMTPAuthentication, _ capabilities: SMTPCapabilities,
        preferred: SASLMechanism? = nil
    ) throws(SMTPFailure) {
        self.credentials = credentials
        let offered = capabilities.mechanisms
        var wanted: [SASLMechanism]
        switch authentication {
        case .only(let mechanism): wanted = [mechanism]
        case .automatic, .disabled:
            wanted = credentials.isToken ? [.xoauth2] : [.plain, .login] + SASLMechanism.automaticInLibrary
        }
        wanted = wanted.filter { offered.contains(ByteString($0.rawValue)) }
        if let preferred, let place = wanted.firstIndex(of: preferred) {
            wanted.swapAt(0, place)
        }
        guard !wanted.isEmpty else { throw Self.nothingInCommon(authentication, offered) }
        library = wanted.filter { !$0.isOwn }
        attempts = wanted.filter(\.isOwn).map { Attempt(mechanism: $0, hasInitialResponse: $0 != .login) }[...]
    }

    private static func nothingInCommon(_ authentication: SMTPAuthentication, _ offered: [ByteString]) -> SMTPFailure {
        let names = offered.map { printable($0, limit: 40) }.joined(separator: ", ")
        if case .only(let mechanism) = authentication {
            return SMTPFailure(
                .auth, "the server does not offer \(mechanism.rawValue)\(names.isEmpty ? "" : ", but \(names)")")
        }
        return SMTPFailure(
            .auth,
            names.isEmpty
                ? "the server offers no login; --smtp-auth none sends without one"
                : "the server offers no login that this client has, but \(names)")
    }

    /// The first thing to do.
    mutating func begin() -> Step { next() }

    mutating func receive(_ reply: SMTPReply) -> Step {
        guard let attempt = attempts.first else { return .refused(failure(reply)) }
        switch reply.code {
        case 200..<300: return .loggedIn(attempt.mechanism)
        case 334:
            challenges += 1
            guard challenges <= Self.mostChallenges else { return .refused(failure(reply)) }
            if let response = responses.popFirst() { return .send(Self.line(response)) }
            // XOAUTH2 says in a challenge what is wrong with the token, and an empty line asks for the refusal. Any other
            // challenge too many is cancelled.
            return .send(Self.line(attempt.mechanism == .xoauth2 ? "" : "*"))
        case 501 where !attempt.isSecond:
            attempts.removeFirst()
            attempts.insert(
                Attempt(
                    mechanism: attempt.mechanism, hasInitialResponse: !attempt.hasInitialResponse, isSecond: true),
                at: attempts.startIndex)
            note(reply)
            return next()
        case 500..<600:
            attempts.removeFirst()
            note(reply)
            return next()
        default:
            return .refused(failure(reply))
        }
    }

    private mutating func next() -> Step {
        guard let attempt = attempts.first else {
            if !library.isEmpty { return .useLibrary(library) }
            let failure = refusal.map { SMTPFailure(.auth, code: $0.code, $0.text) }
            return .refused(failure ?? SMTPFailure(.auth, "the server takes no login"))
        }
        var lines = responses(for: attempt.mechanism)
        let command = "AUTH \(attempt.mechanism.rawValue)"
        if attempt.hasInitialResponse, let first = lines.first,
            command.utf8.count + 1 + first.utf8.count + 2 <= Self.longestLine
        {
            lines = lines.dropFirst()
            responses = lines
            return .send(Self.line("\(command) \(first.isEmpty ? "=" : first)"))
        }
        responses = lines
        return .send(Self.line(command))
    }

    private func responses(for mechanism: SASLMechanism) -> ArraySlice<String> {
        let (user, secret) = (credentials.user, credentials.secret)
        return switch mechanism {
        case .plain: [Base64.encode(Array("\0\(user)\0\(secret)".utf8))]
        case .login: [Base64.encode(Array(user.utf8)), Base64.encode(Array(secret.utf8))]
        case .xoauth2: [Base64.encode(Array("user=\(user)\u{1}auth=Bearer \(secret)\u{1}\u{1}".utf8))]
        default: []
        }
    }

    /// A refused password says more than a mechanism that is not known.
    private mutating func note(_ reply: SMTPReply) {
        if let refusal, [534, 535].contains(refusal.code), ![534, 535].contains(reply.code) { return }
        refusal = reply
    }

    private func failure(_ reply: SMTPReply) -> SMTPFailure {
        reply.isRefusal
            ? SMTPFailure(.auth, code: reply.code, reply.text)
            : SMTPFailure(.auth, "an unexpected reply: \(reply.text)")
    }

    private static func line(_ text: String) -> [UInt8] { Array("\(text)\r\n".utf8) }
}
