import BgdemoFoundations

/// `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`, `rediss+cluster://` for TLS: some nodes of a Redis Cluster.
/// The others are learned from them. All get the same user and password.
extension RedisURL {
    /// A host and a port.
    struct NodeAddress: Sendable, Hashable {
        let host: String
        let port: Int
    }

    /// The nodes of a Cluster that the URL names.
    package struct Cluster: Sendable, Hashable {
        let nodes: [NodeAddress]
        /// The slot whose node to connect to; nil for any node.
        var slot: Int?
    }

    /// Whether it names the nodes of a Redis Cluster.
    public var isCluster: Bool {
        if case .cluster = place { true } else { false }
    }

    /// The slot whose node a connection follows.
    var slot: Int? {
        if case .cluster(let cluster) = place { cluster.slot } else { nil }
    }

    /// For a Redis Cluster, the URL whose connections lead to the node that has the slot of this key, and follow it when
    /// the slot moves to another node or a replica takes over. Another URL stays as it is.
    ///
    /// All keys with the same text in braces are in one slot (a hash tag, as in `resque:{mail}:queues`).
    public func node(of key: String) -> RedisURL {
        guard case .cluster(var cluster) = place else { return self }
        cluster.slot = RedisCommand.slot(of: Array(key.utf8))
        return RedisURL(.cluster(cluster), like: self)
    }

    /// Whether the text has a hash tag: then all keys that begin with it are in one slot of a Redis Cluster.
    public static func hasHashTag(_ text: String) -> Bool {
        guard let open = text.utf8.firstIndex(of: UInt8(ascii: "{")) else { return false }
        let tag = text.utf8[open...].dropFirst()
        return tag.firstIndex(of: UInt8(ascii: "}")).map { $0 > tag.startIndex } ?? false
    }

    /// The nodes of a URL, and its other parts, with another host; nil for another scheme.
    static func cluster(_ text: String) throws(InvalidRedisURL) -> (Place, URLParts)? {
        guard let border = text.utf8.firstRange(of: "://".utf8),
            ["redis+cluster", "rediss+cluster"].contains(String(text[..<border.lowerBound]).asciiLowercased())
        else { return nil }
        let rest = text[border.upperBound...].utf8
        let end = rest.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        let login = rest[..<end].lastIndex(of: UInt8(ascii: "@")).map { rest.index(after: $0) } ?? rest.startIndex
        let nodes = try addresses(text[login..<end], defaultPort: 6379)
        let parts = try parts("\(text[..<login])node\(text[end...])")
        guard parts.query == nil, parts.fragment == nil else {
            throw InvalidRedisURL(.query, "nothing follows the nodes: redis+cluster://host:7000,host2:7000")
        }
        return (.cluster(Cluster(nodes: nodes, slot: nil)), parts)
    }

    /// - Parameter text: `host[:port][,host[:port]…]`.
    static func addresses(_ text: Substring, defaultPort: Int) throws(InvalidRedisURL) -> [NodeAddress] {
        var addresses: [NodeAddress] = []
        let hosts = text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        for host in hosts.map({ Substring($0) }) {
            guard case .tcp(let host, let port) = try tcp(parts("redis://\(host)"), defaultPort: defaultPort) else {
                continue
            }
            addresses.append(NodeAddress(host: host, port: port))
        }
        return addresses
    }
}
