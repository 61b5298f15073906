/// What an SMTP server says that it can, in its reply to EHLO (RFC 5321, section 4.1.1.1).
public struct SMTPCapabilities: Sendable, Hashable {
    /// The server's first line, such as `220 mail.example.org ESMTP`.
    public internal(set) var banner = ""
    /// Keyword and parameters of each extension, as the server wrote them: `SIZE 10240000`, `PIPELINING`. After
    /// STARTTLS they are those of the encrypted connection. Empty where the server knows HELO only.
    public internal(set) var extensions: [String] = []
    /// Whether the connection is encrypted, its certificate verified.
    public internal(set) var isEncrypted = false

    /// Whether the extension with this keyword is offered; case is ignored.
    public func has(_ keyword: String) -> Bool { parameters(of: keyword) != nil }

    /// The words after the keyword, or nil where the extension is not offered.
    public func parameters(of keyword: String) -> [Substring]? {
        for line in extensions {
            let words = line.split(separator: " ")
            if words.first?.lowercased() == keyword.lowercased() { return Array(words.dropFirst()) }
        }
        return nil
    }

    /// The longest message taken, in bytes (RFC 1870); nil where the server names no limit.
    public var maximumSize: Int? {
        parameters(of: "SIZE")?.first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
