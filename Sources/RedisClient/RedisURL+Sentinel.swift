import BgdemoFoundations

/// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/master[/database][?sentinel-user=…&sentinel-password=…]`,
/// `rediss+sentinel://` for TLS, to the Sentinels as well. User and password are Redis'; those of the Sentinels come
/// after the `?`. A Sentinel's usual port is 26379.
extension RedisURL {
    /// The Sentinels that know which server is the primary now.
    package struct Sentinel: Sendable, Hashable {
        let addresses: [NodeAddress]
        /// The name by which they know the primary.
        let master: String
        let user: String?
        let password: String?
    }

    static let sentinelPort = 26_379

    /// The part of the URL that is about Sentinels, where it has one.
    var sentinel: Sentinel? {
        if case .sentinel(let sentinel) = place { sentinel } else { nil }
    }

    /// One of the Sentinels, as a Redis to connect to.
    func sentinel(at address: NodeAddress) -> RedisURL {
        RedisURL(
            .tcp(host: address.host, port: address.port), isEncrypted: isEncrypted, user: sentinel?.user,
            password: sentinel?.password)
    }

    /// The Sentinels of a URL, and its other parts, with the first Sentinel as the host and `/database` as the path; nil for
    /// another scheme.
    static func sentinel(_ text: String) throws(InvalidRedisURL) -> (Place, URLParts)? {
        guard let border = text.utf8.firstRange(of: "://".utf8),
            ["redis+sentinel", "rediss+sentinel"].contains(String(text[..<border.lowerBound]).asciiLowercased())
        else { return nil }
        let rest = text[border.upperBound...].utf8
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { throw .sentinelMaster }
        let login = rest[..<slash].lastIndex(of: UInt8(ascii: "@")).map { rest.index(after: $0) } ?? rest.startIndex
        let name = rest.index(after: slash)
        let end = rest[name...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        let master = try decode(rest[name..<end], "name of the primary")
        guard !master.isEmpty else { throw .sentinelMaster }
        let addresses = try addresses(text[login..<slash], defaultPort: sentinelPort)
        let parts = try parts("\(text[..<login])sentinel\(text[end...])")
        guard parts.fragment == nil else { throw .sentinelQuery }
        var (user, password): (String?, String?)
        for item in (parts.query ?? "").utf8.split(separator: UInt8(ascii: "&")) {
            let item = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            switch String(Substring(item[0])) {
            case "sentinel-user" where item.count == 2: user = try decode(item[1], "Sentinels' user")
            case "sentinel-password" where item.count == 2: password = try decode(item[1], "Sentinels' password")
            default: throw .sentinelQuery
            }
        }
        return (.sentinel(Sentinel(addresses: addresses, master: master, user: user, password: password)), parts)
    }
}

extension InvalidRedisURL {
    fileprivate static let sentinelMaster = InvalidRedisURL(
        .sentinel, "it names no primary; write redis+sentinel://host:26379,host2:26379/mymaster/0")
    fileprivate static let sentinelQuery = InvalidRedisURL(
        .query, "after ? only sentinel-user= and sentinel-password= are known")
}
