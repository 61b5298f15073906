/// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/master[/database][?sentinel-user=…&sentinel-password=…]`,
/// `rediss+sentinel://` for TLS, to the Sentinels as well. User and password are Redis'; those of the Sentinels come
/// after the `?`. A Sentinel's usual port is 26379.
extension RedisURL {
    /// The Sentinels that know which server is the primary now.
    package struct Sentinel: Sendable, Hashable {
        struct Address: Sendable, Hashable {
            let host: String
            let port: Int
        }

        let addresses: [Address]
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
    func sentinel(at address: Sentinel.Address) -> RedisURL {
        RedisURL(
            .tcp(host: address.host, port: address.port), isEncrypted: isEncrypted, user: sentinel?.user,
            password: sentinel?.password)
    }

    /// The primary, as a Redis to connect to.
    func primary(host: String, port: Int) -> RedisURL { RedisURL(.tcp(host: host, port: port), like: self) }

    /// Takes `[login@]host[:port][,host[:port]…]/master` off `rest`; what is left is `/database?…`.
    static func sentinel(_ rest: inout Substring) throws(InvalidRedisURL) -> Place {
        let login = try Self.login(in: rest)
        var hosts = rest[(login?.endIndex ?? rest.startIndex)...]
        if login != nil { hosts = hosts.dropFirst() }
        guard let slash = hosts.utf8.firstIndex(of: UInt8(ascii: "/")) else { throw .sentinelMaster }
        var path = hosts[hosts.index(after: slash)...]
        hosts = hosts[..<slash]
        var addresses: [Sentinel.Address] = []
        for item in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            var item = item
            guard case .tcp(let host, let port) = try Self.tcp(&item, defaultPort: sentinelPort) else { continue }
            addresses.append(Sentinel.Address(host: host, port: port))
        }
        let end = path.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? path.endIndex
        let master = try decode(path[..<end], "name of the primary")
        guard !master.isEmpty else { throw .sentinelMaster }
        path = path[end...]
        let query = path.utf8.firstIndex(of: UInt8(ascii: "?")).map { path[path.index(after: $0)...] } ?? ""
        rest = path[..<(path.utf8.firstIndex(of: UInt8(ascii: "?")) ?? path.endIndex)]
        var (user, password): (String?, String?)
        for item in query.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            switch parts.first {
            case "sentinel-user" where parts.count == 2: user = try decode(parts[1], "Sentinels' user")
            case "sentinel-password" where parts.count == 2: password = try decode(parts[1], "Sentinels' password")
            default: throw InvalidRedisURL(.query, "after ? only sentinel-user= and sentinel-password= are known")
            }
        }
        return .sentinel(Sentinel(addresses: addresses, master: master, user: user, password: password))
    }
}

extension InvalidRedisURL {
    fileprivate static let sentinelMaster = InvalidRedisURL(
        .sentinel, "it names no primary; write redis+sentinel://host:26379,host2:26379/mymaster/0")
}
