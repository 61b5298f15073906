/// The parts of a URL `scheme://[user[:password]@]host[:port][/path][?query][#fragment]` (RFC 3986, section 3),
/// read strictly. Which of them a scheme has, and which ports and hosts it takes, is for the caller to check.
public struct URLParts: Sendable, Hashable {
    /// In lower case.
    public let scheme: String
    /// Percent-decoded; nil where no `@` is there.
    public let user: String?
    /// Percent-decoded; nil where no `:` is before the `@`.
    public let password: String?
    /// As it is spelled, an IPv6 address without its brackets; may be empty.
    public let host: String
    /// Whether the host is in brackets.
    public let isIPLiteral: Bool
    /// 1 to 65535; nil where there is none.
    public let port: Int?
    /// As it is spelled, from its slash on; empty where there is none.
    public let path: String
    /// As it is spelled, without its `?`; nil where there is none.
    public let query: String?
    /// As it is spelled, without its `#`; nil where there is none.
    public let fragment: String?

    /// - Throws: ``URLSyntaxError``, which never repeats the text: it may hold a password.
    public init(_ text: some StringProtocol) throws(URLSyntaxError) {
        // All that matters is ASCII, and bytes are compared in linear time.
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .blankOrControl }
        guard let border = bytes.firstRange(ofBytes: Array("://".utf8)), border.lowerBound > 0,
            bytes[0].isASCIILetter,
            bytes[..<border.lowerBound].allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "+-.".utf8.contains($0) })
        else { throw .noScheme }
        scheme = Self.text(bytes[..<border.lowerBound]).asciiLowercased()
        var rest = bytes[border.upperBound...]
        fragment = Self.cut(&rest, at: "#").map(Self.text)
        query = Self.cut(&rest, at: "?").map(Self.text)
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        path = Self.text(rest[slash...])
        var authority = rest[..<slash]
        guard !Self.isCutLogin(authority, bytes[authority.endIndex...]) else { throw .unescapedLogin }
        (user, password) = try Self.login(&authority)
        (host, isIPLiteral) = try Self.host(&authority)
        port = try Self.port(authority)
    }

    /// Whether the text is only `host[:port]`, as people write who forget the scheme. It has no password.
    public static func isHostAndPort(_ text: some StringProtocol) -> Bool {
        guard let parts = try? URLParts("x://" + text) else { return false }
        return parts.user == nil && !parts.host.isEmpty && parts.path.isEmpty && parts.query == nil
            && parts.fragment == nil
    }

    /// Takes what stands behind the first such character off the end of `rest`, and the character with it.
    private static func cut(_ rest: inout ArraySlice<UInt8>, at border: Unicode.Scalar) -> ArraySlice<UInt8>? {
        guard let place = rest.firstIndex(where: { Unicode.Scalar($0) == border }) else { return nil }
        defer { rest = rest[..<place] }
        return rest[(place + 1)...]
    }

    /// Takes `[user[:password]@]` off the beginning. The last `@` ends it, as in every client, for people write passwords
    /// as they are.
    private static func login(
        _ rest: inout ArraySlice<UInt8>
    ) throws(URLSyntaxError) -> (user: String?, password: String?) {
        guard let at = rest.lastIndex(of: UInt8(ascii: "@")) else { return (nil, nil) }
        let login = rest[..<at]
        rest = rest[(at + 1)...]
        guard let colon = login.firstIndex(of: UInt8(ascii: ":")) else { return (try decode(login), nil) }
        return (try decode(login[..<colon]), try decode(login[(colon + 1)...]))
    }

    /// Whether `authority` ends within a password: there is an `@` behind it, and what follows its colon is no port.
    private static func isCutLogin(_ authority: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>) -> Bool {
        guard let colon = authority.firstIndex(of: UInt8(ascii: ":")), authority.first != UInt8(ascii: "["),
            !authority.contains(UInt8(ascii: "@")), rest.contains(UInt8(ascii: "@"))
        else { return false }
        return colon == authority.startIndex || !authority[(colon + 1)...].allSatisfy(\.isASCIIDigit)
    }

    private static func decode(_ text: ArraySlice<UInt8>) throws(URLSyntaxError) -> String {
        do {
            return try PercentDecoding.text(text, controls: .refused)
        } catch {
            throw .invalidLogin(error)
        }
    }

    /// Takes the host off the beginning.
    private static func host(_ rest: inout ArraySlice<UInt8>) throws(URLSyntaxError) -> (String, isIPLiteral: Bool) {
        guard rest.first == UInt8(ascii: "[") else {
            let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
            guard !rest[end...].dropFirst().contains(UInt8(ascii: ":")) else { throw .unbracketedIPv6 }
            defer { rest = rest[end...] }
            return (text(rest[..<end]), false)
        }
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { throw .unclosedBracket }
        let host = rest[(rest.startIndex + 1)..<end]
        rest = rest[(end + 1)...]
        guard rest.isEmpty || rest.first == UInt8(ascii: ":") else { throw .invalidPort }
        guard let literal = ipv6(host) else { throw .invalidIPv6 }
        return (literal, true)
    }

    /// An IPv6 address and perhaps `%25` and a zone (RFC 6874), or `%` and a zone as people write it: `fe80::1%eth0`.
    private static func ipv6(_ literal: ArraySlice<UInt8>) -> String? {
        let percent = literal.firstIndex(of: UInt8(ascii: "%")) ?? literal.endIndex
        let address = literal[..<percent]
        guard address.contains(UInt8(ascii: ":")),
            address.allSatisfy({ $0.hexDigitValue != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
        else { return nil }
        guard percent < literal.endIndex else { return text(address) }
        var zone = literal[(percent + 1)...]
        if zone.starts(with: "25".utf8), zone.count > 2 { zone = zone.dropFirst(2) }
        guard !zone.isEmpty, zone.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit || "-._~".utf8.contains($0) }) else {
            return nil
        }
        return text(address) + "%" + text(zone)
    }

    private static func port(_ rest: ArraySlice<UInt8>) throws(URLSyntaxError) -> Int? {
        guard !rest.isEmpty else { return nil }
        let digits = rest.dropFirst()
        guard (1...5).contains(digits.count), digits.allSatisfy(\.isASCIIDigit), let port = UInt16(text(digits)),
            port > 0
        else { throw .invalidPort }
        return Int(port)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

/// What is wrong with a URL, in words for who wrote it; never the text itself, which may hold a password.
public enum URLSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// It does not begin with `scheme://`.
    case noScheme
    /// A blank or a control character is in it.
    case blankOrControl
    /// User or password are not percent-encoded UTF-8, or have a control character.
    case invalidLogin(PercentDecodingError)
    /// A `/`, `?` or `#` stands in the password as it is.
    case unescapedLogin
    /// A `[` has no `]`.
    case unclosedBracket
    /// What is in brackets is not an IPv6 address.
    case invalidIPv6
    /// An IPv6 address is not in brackets.
    case unbracketedIPv6
    /// What follows the host is not a port from 1 to 65535.
    case invalidPort

    public var description: String {
        switch self {
        case .noScheme: "it does not begin with a scheme and ://"
        case .blankOrControl: "a blank or control character is in it; write it as %20 and the like"
        case .invalidLogin(let error): "in the user or the password \(error)"
        case .unescapedLogin: "in a user or a password / is written %2F, ? %3F and # %23"
        case .unclosedBracket: "a [ without its ]"
        case .invalidIPv6: "in brackets stands an IPv6 address, as [::1]"
        case .unbracketedIPv6: "an IPv6 address goes in brackets, as [::1]"
        case .invalidPort: "after the host stands a port from 1 to 65535, as :8080"
        }
    }
}
