import BgdemoFoundations
import BgdemoHTTPServer
import Resque

/// The Redis below the queues: what it says of itself, and the keys of the namespace.
struct RedisPage {
    private let queue: Queue

    init(_ queue: Queue) {
        self.queue = queue
    }

    /// - Parameter cursor: Where the page before has ended. Default: the beginning.
    func overview(_ cursor: String?) async throws -> DataPage {
        guard let cursor = UInt64(cursor ?? "0") else { throw Problem(.badRequest, "from is not a place in the keys") }
        let info = try await queue.redisInfo()
        let (keys, next) = try await queue.keys(after: cursor)
        func value(_ name: String) -> String? { info.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }
        func count(_ name: String) -> TemplateValue { value(name).flatMap { Int($0) }.map { .int($0) } ?? .none }
        return DataPage(
            title: "Redis", template: "queues-redis",
            values: [
                "prefix": .text(queue.keyPrefix), "redis": .text(value("redis_version").map { PageText.cut($0, 40) }),
                "memory": .text(value("used_memory").flatMap { Int($0) }.map(PageText.bytes)),
                "clients": count("connected_clients"), "perSecond": count("instantaneous_ops_per_sec"),
                "evicted": count("evicted_keys"),
                "uptime": .text(value("uptime_in_seconds").flatMap { Double($0) }.map(PageText.duration)),
                "keepsLog": .text(value("aof_enabled").map(ByteString.init) == "1" ? "yes" : "no"),
                "info": .list(
                    info.prefix(400).map {
                        ["name": .text(PageText.cut($0.name, 80)), "value": .text(PageText.cut($0.value, 200))]
                    }),
                "rows": .list(keys.map(row)), "next": .text(next.map { String($0) }), "isFirst": .flag(cursor == 0),
            ])
    }

    private func row(_ key: Queue.Key) -> TemplateValues {
        [
            "key": .text(PageText.cut(key.name, 200)), "link": .text(PageFields.encode(key.name)),
            "type": .text(key.type),
            "size": ByteString(key.type) == "string" ? .text(PageText.bytes(key.size)) : .count(key.size, "item"),
            "length": .int(key.size),
        ]
    }

}
