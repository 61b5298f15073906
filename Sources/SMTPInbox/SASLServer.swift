import BgdemoFoundations
import NIOCore

/// AUTH PLAIN (RFC 4616) and AUTH LOGIN (draft-murchison-sasl-login), by the rules of RFC 4954.
struct SASLServer {
    enum Step {
        /// 334 and this; the client's next line goes to ``SASLServer/answered(_:)``.
        case ask(String, SASLServer)
        case accept(String)
        case refuse(String)
    }

    private enum Question { case plain, user, password(user: [UInt8]) }

    private let question: Question
    private let credentials: Credentials

    /// What follows the word AUTH: the mechanism, and perhaps its first answer; `=` is an empty one.
    static func begin(_ argument: ByteBufferView, _ credentials: Credentials) -> Step {
        let words = argument.split(separator: 0x20)
        guard let mechanism = words.first, words.count <= 2 else {
            return .refuse("501 5.5.4 the command is AUTH PLAIN or AUTH LOGIN, with or without a first answer")
        }
        let login: SASLServer
        let challenge: String
        if isMechanism(mechanism, "PLAIN") {
            (login, challenge) = (SASLServer(question: .plain, credentials: credentials), "")
        } else if isMechanism(mechanism, "LOGIN") {
            (login, challenge) = (SASLServer(question: .user, credentials: credentials), "VXNlcm5hbWU6")
        } else {
            return .refuse("504 5.5.4 the mechanisms are PLAIN and LOGIN")
        }
        guard words.count == 2 else { return .ask(challenge, login) }
        return login.answered(words[1].elementsEqual("=".utf8) ? words[1].prefix(0) : words[1])
    }

    private static func isMechanism(_ word: ByteBufferView, _ name: String) -> Bool {
        word.elementsEqual(name.utf8) { $0 & 0xdf == $1 }
    }

    /// The client's line: base 64, or `*` to cancel.
    func answered(_ line: ByteBufferView) -> Step {
        guard !line.elementsEqual("*".utf8) else { return .refuse("501 5.7.0 authentication cancelled") }
        guard let answer = Base64.decode(line) else {
            return .refuse("501 5.5.2 this is not base 64")
        }
        switch question {
        case .plain:
            let words = answer.split(separator: 0, omittingEmptySubsequences: false)
            guard words.count == 3 else { return .refuse("501 5.5.2 it is NUL, user, NUL, password, in base 64") }
            guard words[0].isEmpty || words[0].elementsEqual(words[1]) else { return Self.wrong }
            return check(Array(words[1]), Array(words[2]))
        case .user:
            return .ask(
                "UGFzc3dvcmQ6", SASLServer(question: .password(user: Array(answer)), credentials: credentials))
        case .password(let user):
            return check(user, Array(answer))
        }
    }

    private func check(_ user: [UInt8], _ password: [UInt8]) -> Step {
        let isUser = Self.areEqual(user, Array(credentials.user.utf8))
        let isPassword = Self.areEqual(password, Array(credentials.password.utf8))
        return isUser && isPassword ? .accept(credentials.user) : Self.wrong
    }

    private static let wrong = Step.refuse("535 5.7.8 the user or the password is wrong")

    /// Takes the same time wherever they differ.
    private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
