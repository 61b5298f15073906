/// The parts of an SMTP server's URL (RFC 3986). Strict: every part that is not understood is an error.
struct SMTPURL {
    var scheme = SMTPServer.Scheme.smtp
    var user: String?
    var password: String?
    var host = ""
    var port: Int?
    var path: String?
    var tls: TLSPolicy?

    init(_ text: String) throws(InvalidSMTPURL) {
        if text == "discard:" {
            scheme = .discard
            return
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw InvalidSMTPURL("an SMTP URL has printable ASCII only, anything else as %XX")
        }
        if let rest = Self.drop("smtp://", from: text) {
            try parse(rest)
        } else if let rest = Self.drop("smtps://", from: text) {
            scheme = .smtps
            try parse(rest)
        } else {
            throw InvalidSMTPURL("an SMTP URL is like smtp://user@host:587, smtps://host, gmail or discard:")
        }
    }

    private static func drop(_ prefix: String, from text: String) -> Substring? {
        text.prefix(prefix.count).lowercased() == prefix ? text.dropFirst(prefix.count) : nil
    }

    private mutating func parse(_ rest: Substring) throws(InvalidSMTPURL) {
        var rest = rest
        if let question = rest.firstIndex(of: "?") {
            try parse(query: rest[rest.index(after: question)...])
            rest = rest[..<question]
        }
        if let slash = rest.firstIndex(of: "/") {
            try parse(path: rest[rest.index(after: slash)...])
            rest = rest[..<slash]
        }
        if let at = rest.lastIndex(of: "@") {
            let words = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = words.first, !first.isEmpty else { throw InvalidSMTPURL("nothing stands before the @") }
            user = try Self.decode(first)
            password = words.count > 1 ? try Self.decode(words[1]) : nil
            rest = rest[rest.index(after: at)...]
        }
        try parse(authority: rest)
    }

    private mutating func parse(authority: Substring) throws(InvalidSMTPURL) {
        var rest = authority
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else {
                throw InvalidSMTPURL("the [ before the host is not closed")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            guard host.contains(":"), host.utf8.allSatisfy({ Self.isHex($0) || $0 == 0x3a || $0 == 0x2e }) else {
                throw InvalidSMTPURL("in brackets stands an IPv6 address, like smtp://[::1]:25")
            }
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            guard host.utf8.allSatisfy(Self.isNamePart), host.utf8.first != 0x2d else {
                throw InvalidSMTPURL("\"\(host)\" is no host; letters, digits, dots and dashes are (others as xn--…)")
            }
            rest = rest[end...]
        }
        guard !host.isEmpty else { throw InvalidSMTPURL("the host is missing, like mail.example.org") }
        guard !rest.isEmpty else { return }
        guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0, rest.dropFirst().first != "+" else {
            throw InvalidSMTPURL("after the host stands a port from 1 to 65535, like :587")
        }
        port = Int(number)
    }

    private mutating func parse(path: Substring) throws(InvalidSMTPURL) {
        guard !path.isEmpty else { return }
        guard path.utf8.allSatisfy(Self.isNamePart) else {
            throw InvalidSMTPURL("after the host's / stands the name to say in EHLO, like client.example.org")
        }
        self.path = String(path)
    }

    private mutating func parse(query: Substring) throws(InvalidSMTPURL) {
        guard query.hasPrefix("tls="), let policy = TLSPolicy(rawValue: String(query.dropFirst(4))) else {
            throw InvalidSMTPURL("after the ? stands tls=off, tls=offered or tls=required")
        }
        tls = policy
    }

    static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: true
        default: false
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// `%XX` decoded once, as strict UTF-8.
    private static func decode(_ text: Substring) throws(InvalidSMTPURL) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy(isHex), let value = UInt8(String(Substring(digits)), radix: 16)
            else { throw InvalidSMTPURL("a % in the user or the password is written %25") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw InvalidSMTPURL("the user or the password is not UTF-8")
        }
        return decoded
    }
}
