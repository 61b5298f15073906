import BgdemoFoundations

/// Where a Redis is: `redis://[user[:password]@]host[:port][/database]`, `rediss://` for TLS,
/// `unix://[user[:password]@]/path/to/socket[?db=database]`, or, where Sentinels know the primary,
/// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/master[/database][?sentinel-password=…]`, or, for a
/// Redis Cluster with these nodes, `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`.
///
/// The first two are registered with IANA (<https://www.iana.org/assignments/uri-schemes/prov/redis>); the others are
/// what clients in other languages take. User and password are percent-decoded.
public struct RedisURL: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unix(path: String)
        case sentinel(Sentinel)
        case cluster(Cluster)
    }

    package let place: Place
    let isEncrypted: Bool
    let user: String?
    let password: String?
    /// The number of the database. Default: 0.
    public let database: Int

    /// - Throws: ``InvalidRedisURL``, which says what is wrong and never repeats a password.
    public init(_ text: String) throws(InvalidRedisURL) {
        guard text.utf8.count <= Self.longest else { throw InvalidRedisURL(.tooLong, "it is too long") }
        let parts: URLParts
        if let sentinel = try Self.sentinel(text) {
            (place, parts) = sentinel
        } else if let cluster = try Self.cluster(text) {
            (place, parts) = cluster
        } else {
            parts = try Self.parts(text)
            switch parts.scheme {
            case "redis", "rediss": place = try Self.tcp(parts)
            case "unix": place = try Self.unix(parts)
            default: throw InvalidRedisURL.scheme
            }
            guard parts.fragment == nil, parts.query == nil || parts.scheme == "unix" else {
                throw InvalidRedisURL(.query, "nothing follows the database: redis://127.0.0.1:6379/1")
            }
        }
        isEncrypted = parts.scheme.hasBytePrefix("rediss")
        database = try parts.scheme == "unix" ? Self.database(query: parts.query) : Self.database(path: parts.path)
        (user, password) = try Self.credentials(parts)
        if isCluster, database != 0 { throw InvalidRedisURL(.database, "a Redis Cluster has only database 0") }
    }

    /// Whether it has a password, which not everybody is to read.
    public var hasPassword: Bool { password != nil || sentinel?.password != nil }

    /// The longest URL: more than any host, path and password need.
    private static let longest = 8192

    /// A Redis on a socket file.
    ///
    /// - Parameter path: At most 103 bytes.
    public init(socket path: String) {
        self.init(.unix(path: path), isEncrypted: false, user: nil, password: nil)
    }

    init(_ place: Place, isEncrypted: Bool, user: String?, password: String?, database: Int = 0) {
        self.place = place
        self.isEncrypted = isEncrypted
        self.user = user
        self.password = password
        self.database = database
    }

    init(_ place: Place, like other: RedisURL) {
        self.place = place
        (isEncrypted, user, password, database) = (other.isEncrypted, other.user, other.password, other.database)
    }

    /// Another node of the same Cluster, `host:port`, or `:port` on the same host; nil where the text is no such.
    func at(_ address: String) -> RedisURL? {
        guard let own = hosts.first, let colon = address.utf8.lastIndex(of: UInt8(ascii: ":")),
            let port = Int(address[address.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        let host = address[..<colon]
        return server(host: host.isEmpty ? own : String(host), port: port)
    }

    /// One of the servers that the URL is about, as a Redis to connect to.
    func server(host: String, port: Int) -> RedisURL { RedisURL(.tcp(host: host, port: port), like: self) }

    private var hosts: [String] {
        switch place {
        case .tcp(let host, _): [host]
        case .unix: []
        case .sentinel(let sentinel): sentinel.addresses.map(\.host)
        case .cluster(let cluster): cluster.nodes.map(\.host)
        }
    }
}

/// What is wrong with the text of a URL. It never repeats the text, which may hold a password.
public struct InvalidRedisURL: Error, Hashable, CustomStringConvertible {
    /// Which part is wrong.
    public enum Code: Sendable, Hashable {
        case scheme, tooLong, character, host, port, socket, database, query, credentials, escape, sentinel
    }

    /// Which part is wrong.
    public let code: Code
    /// What is wrong with it, as a sentence.
    public let reason: String

    init(_ code: Code, _ reason: String) {
        (self.code, self.reason) = (code, reason)
    }

    static let scheme = InvalidRedisURL(
        .scheme,
        "it begins with redis://, rediss:// (TLS), redis+sentinel://, redis+cluster:// or unix:// (a socket file)")

    public var description: String { "not a Redis URL: \(reason)" }
}

extension RedisURL: CustomStringConvertible {
    /// The URL without its passwords: fit for logs.
    public var description: String {
        let login = password == nil ? "" : "\(user ?? ""):***@"
        let scheme = isEncrypted ? "rediss" : "redis"
        switch place {
        case .tcp(let host, let port):
            return "\(scheme)://\(login)\(Self.address(host, port))/\(database)"
        case .sentinel(let sentinel):
            return "\(scheme)+sentinel://\(login)\(Self.text(sentinel.addresses))/\(sentinel.master)/\(database)"
        case .cluster(let cluster):
            return "\(scheme)+cluster://\(login)\(Self.text(cluster.nodes))"
        case .unix(let path):
            return "unix://\(login)\(path)" + (database == 0 ? "" : "?db=\(database)")
        }
    }

    /// `host:port`, for messages.
    var address: String { if case .tcp(let host, let port) = place { Self.address(host, port) } else { description } }

    private static func text(_ addresses: [NodeAddress]) -> String {
        addresses.map { address($0.host, $0.port) }.joined(separator: ",")
    }

    private static func address(_ host: String, _ port: Int) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
