import RedisClient

/// What Redis says of itself, and the keys of the namespace.
extension Queue {
    public struct Key: Sendable, Hashable {
        public let name: String
        /// `string`, `list`, `set`, `zset`, `hash` or `stream`.
        public let type: String
        /// Items; of a string its bytes.
        public let size: Int
    }

    /// What all keys begin with: the namespace and a colon.
    public var keyPrefix: String { store.keys.prefix }

    /// The lines of `INFO`, in their order; of a Redis Cluster those of one node.
    ///
    /// - Throws: ``ResqueError``.
    public func redisInfo() async throws(ResqueError) -> [(name: String, value: String)] {
        let text = try await store.send("INFO").text ?? ""
        return text.utf8.split { $0 == 0x0a || $0 == 0x0d }.compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line.first != UInt8(ascii: "#") else {
                return nil
            }
            return (String(Substring(line[..<colon])), String(Substring(line[line.index(after: colon)...])))
        }
    }

    /// Some keys of the namespace, in Redis' own order: `SCAN`, which looks at a few hundred keys of the whole database.
    ///
    /// - Parameter cursor: What the call before returned. Default: 0, the beginning.
    /// - Returns: The keys, perhaps none, and the cursor for the next ones; nil at the end.
    /// - Throws: ``ResqueError``.
    public func keys(after cursor: UInt64 = 0) async throws(ResqueError) -> (keys: [Key], next: UInt64?) {
        let found = try await store.send("SCAN", String(cursor), "MATCH", store.keys.prefix + "*", "COUNT", "500").array
        let names = found?.last?.texts ?? []
        let next = found?.first?.text.flatMap { UInt64($0) } ?? 0
        let types = try await store.pipeline(names.map { ["TYPE", $0] }).map(Self.type)
        let sizes = try await store.pipeline(
            zip(names, types).map { [Self.sizes[$1] ?? "EXISTS", $0] }
        ).map(\.count)
        let keys = zip(zip(names, types), sizes).map { Key(name: $0.0, type: $0.1, size: $1) }
        return (keys, next == 0 ? nil : next)
    }

    /// The name of a type; a module may have made its own.
    static func type(_ reply: RedisValue) -> String {
        reply.text.flatMap { $0.utf8.count <= 40 ? $0 : nil } ?? "none"
    }

    static let sizes = [
        "string": "STRLEN", "list": "LLEN", "set": "SCARD", "zset": "ZCARD", "hash": "HLEN", "stream": "XLEN",
    ]
}
