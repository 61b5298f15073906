import BgdemoFoundations
import BgdemoHTTPServer
import Resque

/// The Redis below the queues: what it says of itself, the keys of the namespace, and what is in one.
struct RedisPage {
    private let queue: Queue

    private static let longest = 400

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

    func key(_ name: String, _ place: Int) async throws -> DataPage {
        guard let (type, items) = try await queue.items(of: name, place..<(place + DataPage.rows)) else {
            throw Problem(.notFound, "there is no such key", advice: "GET /queues/redis")
        }
        let kind = ByteString(type)
        let isPaired = kind == "hash" || kind == "zset"
        let isOrdered = kind == "list" || kind == "zset"
        let path = "/queues/redis/\(PageFields.encode(name))?from="
        let rows = stride(from: 0, to: items.count, by: isPaired ? 2 : 1).map { item -> TemplateValues in
            [
                "place": isOrdered ? .text("\(place + item / (isPaired ? 2 : 1))") : .none,
                "item": .text(text(items[item])),
                "value": .text(isPaired && item + 1 < items.count ? text(items[item + 1]) : nil),
            ]
        }
        return DataPage(
            title: PageText.cut(name, 80), template: "queues-key",
            values: [
                "key": .text(PageText.cut(name, 200)), "type": .text(type), "rows": .list(rows),
                "isPaired": .flag(isPaired), "isOrdered": .flag(isOrdered),
                "before": .text(isOrdered && place > 0 ? path + String(max(0, place - DataPage.rows)) : nil),
                "after": .text(isOrdered && rows.count == DataPage.rows ? path + String(place + rows.count) : nil),
            ])
    }

    private func text(_ bytes: [UInt8]) -> String {
        PageText.cut(String(decoding: bytes.prefix(Self.longest * 4), as: UTF8.self), Self.longest)
    }
}
