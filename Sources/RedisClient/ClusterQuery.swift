import NIOCore

/// Asks the nodes of a Redis Cluster which of them to connect to.
enum ClusterQuery {
    /// - Returns: The URL of the node that has the slot of the URL, or of any node that answers.
    static func node(
        of url: RedisURL, _ cluster: RedisURL.Cluster, on loop: any EventLoop, _ options: RedisOptions,
        _ attempt: ConnectionAttempt
    ) -> EventLoopFuture<RedisURL> {
        // In any order: one that is cut off from the others may answer, and be wrong.
        let nodes = cluster.nodes.shuffled().map { url.server(host: $0.host, port: $0.port) }
        guard let slot = cluster.slot else {
            return ServerQuery.ask(nodes[...], "node", ["PING"], on: loop, options, attempt) { $1 }
        }
        return ServerQuery.ask(nodes[...], "node", ["CLUSTER", "SLOTS"], on: loop, options, attempt) { reply, node in
            ClusterSlots(reply).ranges.first { $0.slots.contains(slot) }.flatMap { node.at($0.address) }
        }
    }
}

/// The reply to `CLUSTER SLOTS`: which slots are on which node.
struct ClusterSlots {
    /// The slots, and the `host:port` of their node; `:port` for the host that was asked.
    let ranges: [(slots: ClosedRange<Int>, address: String)]

    /// What is no such range is left out.
    init(_ reply: RedisValue) {
        ranges = (reply.array ?? []).compactMap { range in
            guard let parts = range.array, parts.count >= 3, let first = parts[0].int, let last = parts[1].int,
                let node = parts[2].array, node.count >= 2, let port = node[1].int,
                RedisCommand.slots.contains(first), RedisCommand.slots.contains(last), first <= last
            else { return nil }
            return (first...last, "\(node[0].text ?? ""):\(port)")
        }
    }
}
