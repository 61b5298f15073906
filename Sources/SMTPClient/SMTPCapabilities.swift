import BgdemoFoundations

/// What an SMTP server offers in its reply to EHLO (RFC 5321, section 4.1.1.1).
public struct SMTPCapabilities: Sendable, Hashable {
    /// The server's first line, such as `220 mail.example.org ESMTP`.
    public internal(set) var banner = ""
    /// Keyword and parameters of each extension, as the server wrote them: `SIZE 10240000`, `PIPELINING`. After
    /// STARTTLS they are those of the encrypted connection. Empty where the server knows HELO only.
    public internal(set) var extensions: [String] = []
    /// Whether the connection is encrypted, its certificate verified.
    public internal(set) var isEncrypted = false

    /// Whether the extension with this keyword is offered. ASCII letter case does not count.
    public func has(_ keyword: String) -> Bool { parameters(of: keyword) != nil }

    /// The words after the keyword, or nil where the extension is not offered.
    public func parameters(of keyword: String) -> [Substring]? {
        for line in extensions {
            let words = line.utf8.drop { $0 == UInt8(ascii: " ") }
            let first = words.prefix { $0 != UInt8(ascii: " ") }
            guard Substring(first).equalsIgnoringASCIICase(keyword) else { continue }
            return words[first.endIndex...].split(separator: UInt8(ascii: " ")).map { Substring($0) }
        }
        return nil
    }

    /// Servers have about ten.
    private static let mostMechanisms = 32

    /// The login mechanisms that the server lists, in upper case: `AUTH PLAIN LOGIN`, and `AUTH=LOGIN PLAIN` of old
    /// servers.
    var mechanisms: [ByteString] {
        var names: [ByteString] = []
        for line in extensions {
            var words = line.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "=") }[...]
            guard let keyword = words.popFirst(), Substring(keyword).equalsIgnoringASCIICase("AUTH") else { continue }
            for word in words {
                let name = ByteString(word.map { (0x61...0x7a).contains($0) ? $0 & 0xdf : $0 })
                if names.count < Self.mostMechanisms, !names.contains(name) { names.append(name) }
            }
        }
        return names
    }

    /// The longest message taken, in bytes (RFC 1870); nil where the server names no limit.
    public var maximumSize: Int? {
        parameters(of: "SIZE")?.first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
