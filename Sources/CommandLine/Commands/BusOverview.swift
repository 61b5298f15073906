import BgdemoFoundations
import QueueBus
import Resque

/// Who is on the bus, for JSON and for the table.
struct BusOverview: Encodable {
    struct Row: Encodable {
        let application: String
        /// The rest is nil for an application without a subscription.
        let key: String?
        let queue: String?
        let length: Int?
        let riderClass: String?
        let matches: String?
        /// Why a filter cannot be used; nil if all can.
        let broken: String?
    }

    /// Events that no driver has taken yet.
    let incoming: Int
    var subscriptions: [Row] = []

    init(_ queue: Queue, _ all: Subscriptions) async throws {
        incoming = try await queue.length(of: Publisher.incoming)
        for (application, list) in try await all.list() {
            if list.isEmpty {
                subscriptions.append(
                    Row(
                        application: application, key: nil, queue: nil, length: nil, riderClass: nil, matches: nil,
                        broken: nil))
            }
            for one in list.sorted(by: { ByteString($0.key) < ByteString($1.key) }) {
                subscriptions.append(
                    Row(
                        application: application, key: one.key, queue: one.queueName,
                        length: try await queue.length(of: one.queueName), riderClass: one.className,
                        matches: "\(one.matcher)",
                        broken: one.matcher.invalidFilters.first.map { "\($0.name): \($0)" }))
            }
        }
    }

    var table: Table {
        Table(
            ["application", "subscription", "queue", "length", "class", "matches"],
            subscriptions.map { row in
                [
                    row.application, row.key ?? "none", row.queue ?? "-", row.length.map { "\($0)" } ?? "-",
                    row.riderClass ?? "-", (row.matches ?? "-") + (row.broken.map { " (broken: \($0))" } ?? ""),
                ]
            }, below: ["\(incoming.counted("event waits", "events wait")) in \(Publisher.incoming) for a driver"])
    }
}
