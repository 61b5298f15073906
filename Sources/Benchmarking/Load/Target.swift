import BgdemoFoundations

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
        let parts: URLParts
        do {
            parts = try URLParts(url)
        } catch .noScheme where URLParts.isHostAndPort(url) {
            throw InvalidTarget("it has no scheme; write http://\(url)")
        } catch {
            throw InvalidTarget("\(error)")
        }
        guard parts.scheme == "http" else { throw InvalidTarget("it must begin with http:// (https is not supported)") }
        guard url.utf8.allSatisfy({ $0 < 0x7f }), parts.query == nil, parts.fragment == nil else {
            throw InvalidTarget("it must have no query, no fragment, and no character that needs an escape")
        }
        guard parts.user == nil else { throw InvalidTarget("it must have no user and no password") }
        guard !parts.host.isEmpty else { throw InvalidTarget("it has no host; write http://127.0.0.1:8080") }
        let path = parts.path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
        self.init(
            host: parts.host, port: parts.port ?? 80, prefix: String(decoding: path.reversed(), as: UTF8.self))
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
