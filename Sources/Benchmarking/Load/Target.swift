/// A service that answers `/TO/SUBJECT/TEXT` over HTTP.
public struct Target: Sendable, Hashable {
    public let host: String
    public let port: Int
    /// What is before the three segments: empty, or `/mails`.
    public let prefix: String

    public init(host: String = "127.0.0.1", port: Int, prefix: String = "") {
        (self.host, self.port, self.prefix) = (host, port, prefix)
    }

    /// `http://host[:port][/prefix]`
    ///
    /// - Throws: ``InvalidTarget`` with a reason for the user.
    public init(url: String) throws(InvalidTarget) {
        guard url.hasPrefix("http://") else {
            throw InvalidTarget("it must begin with http:// (https is not supported)")
        }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x3f && $0 != 0x23 }) else {
            throw InvalidTarget("it must have no query, no fragment, no blank, and no character that needs an escape")
        }
        let rest = url.dropFirst(7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard !authority.contains("@") else { throw InvalidTarget("it must have no user and no password") }
        var host = authority
        var digits: Substring?
        if authority.first == "[", let bracket = authority.firstIndex(of: "]") {
            host = authority[authority.index(after: authority.startIndex)..<bracket]
            let after = authority[authority.index(after: bracket)...]
            guard after.isEmpty || after.first == ":" else { throw InvalidTarget("after ] only :port may follow") }
            digits = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            (host, digits) = (authority[..<colon], authority[authority.index(after: colon)...])
        }
        guard !host.isEmpty else { throw InvalidTarget("it has no host; write http://127.0.0.1:8080") }
        let port = digits.map { UInt16($0) ?? 0 } ?? 80
        guard port > 0 else { throw InvalidTarget("the port must be a number from 1 to 65535") }
        self.init(
            host: String(host), port: Int(port),
            prefix: String(rest[slash...].reversed().drop { $0 == "/" }.reversed()))
    }

    public var url: String { "http://\(authority)\(prefix)" }

    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}

/// What is wrong with the URL of a service.
public struct InvalidTarget: Error, Hashable, CustomStringConvertible {
    public let reason: String

    init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "not the URL of a service: \(reason)" }
}
