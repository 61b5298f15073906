import BgdemoFoundations

/// A secret that a request brings in `Authorization` (RFC 6750, section 2.1).
public struct BearerToken: Sendable {
    private let bytes: [UInt8]

    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Whether the request brings it as `Bearer TOKEN`.
    public func isBearer(in fields: HTTPRequest.Fields) -> Bool {
        matches(Self.credentials(fields.authorization, scheme: "bearer "))
    }

    /// Whether the request brings it as the password of any user, as a browser does that asks for one (RFC 7617). Browsers
    /// send it by themselves, for pages of other sites too: it is good enough to read a page, and no more.
    public func isPassword(in fields: HTTPRequest.Fields) -> Bool {
        guard let basic = Self.credentials(fields.authorization, scheme: "basic "),
            let pair = Base64.decode(String(decoding: basic, as: UTF8.self)),
            let colon = pair.firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        return matches(Array(pair[(colon + 1)...]))
    }

    /// Whether `text` is the token.
    public func matches(_ text: String) -> Bool { matches(Array(text.utf8)) }

    /// Brings the token for who has shown it in another way.
    public func authorize(_ fields: inout HTTPRequest.Fields) {
        fields.authorization = "Bearer \(String(decoding: bytes, as: UTF8.self))"
    }

    private static func credentials(_ authorization: String?, scheme: String) -> [UInt8]? {
        guard let bytes = authorization?.utf8, bytes.count > scheme.utf8.count,
            Substring(bytes.prefix(scheme.utf8.count)).equalsIgnoringASCIICase(scheme)
        else { return nil }
        return Array(bytes.dropFirst(scheme.utf8.count))
    }

    /// Compares every byte, whatever the first ones are: the time tells the token's length and no more.
    private func matches(_ given: [UInt8]?) -> Bool {
        guard let given, given.count == bytes.count else { return false }
        return zip(given, bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
