import RedisClient

/// What is in a key, some items at a time.
extension Queue {
    /// Where the items of a key go on.
    public struct ItemPlace: Sendable, Hashable {
        /// The place of an item of a list or a sorted set, and of a byte of a string; of a set and a hash the cursor of
        /// `SSCAN` and `HSCAN`.
        public let cursor: UInt64
        /// Items behind the cursor that were returned before: Redis returns a small set or hash in one piece.
        public let passed: Int

        public init(cursor: UInt64 = 0, passed: Int = 0) {
            (self.cursor, self.passed) = (cursor, passed)
        }
    }

    /// Some items of a key.
    public struct Items: Sendable, Hashable {
        /// Bytes of a string in one piece: 4000.
        public static let bytes = 4_000

        /// As of ``Key``.
        public let type: String
        /// Whether items of this type are read.
        public let isRead: Bool
        /// How many the key has; of a string its bytes.
        public let total: Int
        /// Of a hash and a sorted set names and values in turn; of a string one piece.
        public let values: [[UInt8]]
        /// Where the next items are; nil at the end.
        public let next: ItemPlace?
    }

    /// Items of a key from a place on: of a list and a sorted set in their order, of a set and a hash in that of Redis, in
    /// which an item may come twice while others are added. Of a stream, and of the types of modules, there are none.
    ///
    /// - Parameters:
    ///   - key: With the namespace.
    ///   - place: What the call before returned. Default: the beginning.
    ///   - limit: Items at most; of a string ``Items/bytes``.
    /// - Returns: Nil where there is no such key.
    /// - Throws: ``ResqueError``.
    public func items(
        of key: String, from place: ItemPlace = ItemPlace(), limit: Int
    ) async throws(ResqueError) -> Items? {
        guard key.utf8.starts(with: store.keys.prefix.utf8), limit > 0 else { return nil }
        let type = Self.type(try await store.send("TYPE", key))
        guard type != "none" else { return nil }
        guard let size = Self.sizes[type], type != "stream" else {
            return Items(type: type, isRead: false, total: 0, values: [], next: nil)
        }
        let total = try await store.send(size, key).count
        switch type {
        case "set", "hash":
            let command = type == "set" ? "SSCAN" : "HSCAN"
            let found = try await store.send(command, key, "\(place.cursor)", "COUNT", limit)
            return Items(type, total, found, place, limit)
        case _ where place.cursor >= UInt64(total):
            return Items(type: type, isRead: true, total: total, values: [], next: nil)
        default: break
        }
        let first = Int(place.cursor)
        let end = min(total, first + (type == "string" ? Items.bytes : limit))
        let values =
            switch type {
            case "string": [try await store.send("GETRANGE", key, first, end - 1).bytes ?? []]
            case "list": try await store.send("LRANGE", key, first, end - 1).list
            default: try await store.send("ZRANGE", key, first, end - 1, "WITHSCORES").list
            }
        return Items(
            type: type, isRead: true, total: total, values: values,
            next: end < total ? ItemPlace(cursor: UInt64(end)) : nil)
    }
}

extension Queue.Items {
    /// - Parameter scanned: A cursor, 0 at the end, and the items behind that of `place`.
    fileprivate init(_ type: String, _ total: Int, _ scanned: RedisValue, _ place: Queue.ItemPlace, _ limit: Int) {
        let width = type == "hash" ? 2 : 1
        let found = scanned[1]?.list ?? []
        let begin = min(max(0, place.passed), found.count / width)
        let end = min(begin + limit, found.count / width)
        let cursor = scanned[0]?.text.flatMap { UInt64($0) } ?? 0
        let isAll = end == found.count / width
        self.init(
            type: type, isRead: true, total: total, values: Array(found[(begin * width)..<(end * width)]),
            next: !isAll
                ? Queue.ItemPlace(cursor: place.cursor, passed: end)
                : cursor == 0 ? nil : Queue.ItemPlace(cursor: cursor))
    }
}
