#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoEmail

/// Who logs in, and with what. A file is read at each login: a password or token that was replaced is used without a
/// restart.
struct SMTPLogin: Sendable, Hashable {
    /// What a login is made of.
    struct Credentials {
        let user: String
        let secret: String
        let isToken: Bool
    }

    let user: String
    let secret: SMTPServer.Secret

    var isToken: Bool {
        switch secret {
        case .password, .passwordFile: false
        case .token, .tokenFile: true
        }
    }

    /// - Throws: A temporary failure at stage `auth` where a file can't be read or its text can't be a password.
    func credentials() throws(SMTPFailure) -> Credentials {
        let text =
            switch secret {
            case .password(let text), .token(let text): text
            case .passwordFile(let path): try Self.read(path, "SMTP_PASSWORD_FILE")
            case .tokenFile(let path): try Self.read(path, "SMTP_TOKEN_FILE")
            }
        return Credentials(user: user, secret: text, isToken: isToken)
    }

    /// The longest password or token, in bytes.
    private static let longest = 8192

    private static func read(_ path: String, _ variable: String) throws(SMTPFailure) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SMTPFailure(.auth, "\(variable): the file \(path) can't be read")
        }
        let line = data.prefix(longest + 2).split { $0 == 0x0a || $0 == 0x0d }.first
        let bytes = Array(line ?? Data())
        guard !bytes.isEmpty, bytes.count <= longest, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw SMTPFailure(.auth, "\(variable): the file \(path) has no password in its first line") }
        return text
    }
}
