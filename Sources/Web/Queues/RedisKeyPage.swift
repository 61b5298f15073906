import BgdemoFoundations
import BgdemoHTTPServer
import Resque

/// What is in a key of the namespace, some items at a time. A list, a sorted set and a string have places, to go on and
/// back; a set and a hash have the cursors of Redis, which go on only.
struct RedisKeyPage {
    private let name: String
    private let place: Queue.ItemPlace
    private let items: Queue.Items

    private static let longest = 400

    /// - Parameter from: `50`, or of a set or a hash `CURSOR-PASSED`, the items behind the cursor that were shown before.
    ///   Default: the beginning.
    /// - Throws: 404 where there is no such key, and 400 where `from` is no place.
    init(_ queue: Queue, _ name: String, from: String?) async throws {
        guard let place = Self.place(from ?? "0") else {
            throw Problem(.badRequest, "from is not a place in a key", advice: "from=50")
        }
        guard let items = try await queue.items(of: name, from: place, limit: DataPage.rows) else {
            throw Problem(.notFound, "there is no such key", advice: "GET /queues/redis")
        }
        (self.name, self.place, self.items) = (name, place, items)
    }

    private static func place(_ text: String) -> Queue.ItemPlace? {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let cursor = UInt64(Substring(parts[0])) else { return nil }
        guard parts.count == 2 else { return Queue.ItemPlace(cursor: cursor) }
        guard let passed = Int(Substring(parts[1])), passed >= 0 else { return nil }
        return Queue.ItemPlace(cursor: cursor, passed: passed)
    }

    private var type: ByteString { ByteString(items.type) }
    private var isString: Bool { type == "string" }
    private var isPaired: Bool { type == "hash" || type == "zset" }
    private var hasPlaces: Bool { type == "list" || type == "zset" || isString }

    var page: DataPage {
        let width = isPaired ? 2 : 1
        let rows = stride(from: 0, to: items.values.count, by: width).map { item -> TemplateValues in
            [
                "place": hasPlaces && !isString ? .text("\(place.cursor + UInt64(item / width))") : .none,
                "item": .text(text(items.values[item])),
                "value": .text(isPaired && item + 1 < items.values.count ? text(items.values[item + 1]) : nil),
            ]
        }
        let isFirst = place == Queue.ItemPlace()
        return DataPage(
            title: PageText.cut(name, 80), template: "queues-key",
            values: [
                "key": .text(PageText.cut(name, 200)), "type": .text(items.type), "rows": .list(rows),
                "total": .int(items.total), "size": size, "isPaired": .flag(isPaired),
                "isOrdered": .flag(hasPlaces), "hasPlaces": .flag(hasPlaces && !isString),
                "isRead": .flag(items.isRead), "range": .words(range(rows.count)),
                "first": .text(isFirst || hasPlaces ? nil : link("0")),
                "before": .text(isFirst || !hasPlaces ? nil : link(before)),
                "after": .text(items.next.map { link(hasPlaces ? "\($0.cursor)" : "\($0.cursor)-\($0.passed)") }),
            ])
    }

    private var size: TemplateValue {
        isString ? .words(PageText.bytes(items.total)) : .count(items.total, "item")
    }

    private var before: String {
        let step = UInt64(isString ? Queue.Items.bytes : DataPage.rows)
        return "\(place.cursor > step ? place.cursor - step : 0)"
    }

    private func link(_ from: String) -> String { "/queues/redis/\(PageFields.encode(name))?from=\(from)" }

    /// `51–100 of 120`; of a set or a hash, whose order is nobody's, `50 of 120`.
    private func range(_ rows: Int) -> String {
        let shown = isString ? items.values.first?.count ?? 0 : rows
        let total = PageText.number(items.total)
        guard shown > 0, hasPlaces, let place = Int(exactly: place.cursor) else {
            return "\(PageText.number(shown)) of \(total)"
        }
        return "\(PageText.number(place + 1))–\(PageText.number(place + shown)) of \(total)"
    }

    /// The start of an item; of a string the whole piece.
    private func text(_ bytes: [UInt8]) -> String {
        let longest = isString ? bytes.count : Self.longest
        return PageText.cut(String(decoding: bytes.prefix(longest * 4), as: UTF8.self), longest)
    }
}
