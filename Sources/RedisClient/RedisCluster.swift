import BgdemoFoundations
public import Logging
public import NIOCore
import Synchronization

/// A Redis Cluster: each command goes to the node that has its key. The client learns the nodes of all slots from the
/// first node that redirects it, and again whenever slots move.
///
/// The key of a command is its first argument, and that of a script its first key. Redis refuses a script whose keys are
/// in several slots (`CROSSSLOT`). A pipeline may go to several nodes; each gets its commands in order. Transactions are
/// not supported.
public final class RedisCluster: RedisCommands {
    private struct SlotMap {
        /// The pools, by their node's `host:port`.
        var nodes: [ByteString: RedisConnectionPool] = [:]
        /// The node of each slot; nil where it is not known.
        var slots = [String?](repeating: nil, count: RedisCommand.slots.count)
    }

    /// The most nodes that it connects to: a Redis Cluster has 1000 at most, and a server may name any number.
    private static let nodeLimit = 1000

    private let seed: RedisURL
    private let seedNode: RedisConnectionPool
    private let group: any EventLoopGroup
    private let options: RedisOptions
    private let logger: Logger
    private let map = Mutex(SlotMap())

    /// - Parameter seed: Some nodes, `redis+cluster://…`, of which any is asked that answers; or one node. The others get the
    ///   same user, password and TLS.
    public init(
        _ seed: RedisURL, on group: any EventLoopGroup, options: RedisOptions = RedisOptions(), logger: Logger
    ) {
        (self.seed, self.group, self.options, self.logger) = (seed, group, options, logger)
        seedNode = RedisConnectionPool(seed, on: group, options: options, logger: logger)
    }

    /// Begins to close all connections to all nodes; commands that wait fail with ``RedisError/closed``.
    public func close() {
        for node in nodes { node.close() }
    }

    /// Closes all connections to all nodes; commands that wait fail with ``RedisError/closed``. When this returns, nothing
    /// of them is left on their event loops, which may then be shut down.
    public func close() async {
        for node in nodes { await node.close() }
    }

    private var nodes: [RedisConnectionPool] { map.withLock { [seedNode] + $0.nodes.values } }

    public func send(_ command: RedisCommand, timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        switch command.route {
        case .any: return try await seedNode.send(command, timeLimit: timeLimit)
        case .all: return try await broadcast(command, timeLimit)
        case .slot(let slot): return try await send(command, slot, timeLimit)
        }
    }

    public func pipeline(
        _ commands: [RedisCommand], timeLimit: Duration?
    ) async throws(RedisError) -> [RedisValue] {
        var replies = [RedisValue](repeating: .null, count: commands.count)
        var places: [ObjectIdentifier: (node: RedisConnectionPool, places: [Int])] = [:]
        for (place, command) in commands.enumerated() {
            let node = if case .slot(let slot) = command.route { node(of: slot) } else { seedNode }
            places[ObjectIdentifier(node), default: (node, [])].places.append(place)
        }
        var hasRun = false
        // In the order of their first commands.
        for (node, places) in places.values.sorted(by: { $0.places[0] < $1.places[0] }) {
            do throws(RedisError) {
                let some = try await node.pipeline(places.map { commands[$0] }, timeLimit: timeLimit)
                for (place, reply) in zip(places, some) { replies[place] = reply }
            } catch {
                for place in places { forget(commands[place], after: error) }
                throw hasRun ? error.afterOthersRan : error
            }
            hasRun = true
        }
        for (place, reply) in replies.enumerated() {
            guard case .error(let error) = reply else { continue }
            guard case .moved = error.kind else {
                forget(commands[place], after: .reply(error))
                continue
            }
            do throws(RedisError) {
                replies[place] = try await send(commands[place], timeLimit: timeLimit)
            } catch {
                guard let refusal = error.reply else { throw error.afterOthersRan }
                replies[place] = .error(refusal)
            }
        }
        return replies
    }

    // MARK: Routing

    private func send(_ command: RedisCommand, _ slot: Int, _ timeLimit: Duration?) async throws(RedisError)
        -> RedisValue
    {
        var node = node(of: slot)
        for _ in 0..<5 {
            do {
                return try await node.send(command, timeLimit: timeLimit)
            } catch {
                guard case .moved(let slot, let address)? = error.reply?.kind else {
                    forget(command, after: error)
                    throw error
                }
                if error.reply?.code == "ASK" {
                    // The slot is being moved, and this key is there already.
                    let replies = try await self.node(at: address).pipeline(
                        [["ASKING"], command], timeLimit: timeLimit)
                    return try replies.last?.get() ?? .null
                }
                await learn(slot, address)
                node = self.node(at: address)
            }
        }
        throw .unavailable("\(seed): slot \(slot) is redirected from node to node")
    }

    private func broadcast(_ command: RedisCommand, _ timeLimit: Duration?) async throws(RedisError) -> RedisValue {
        let reply = try await seedNode.send(command, timeLimit: timeLimit)
        // A node that is away is no reason to fail: without the script it says so, and gets it.
        for node in map.withLock({ Array($0.nodes.values) }) where node.isConnected {
            _ = try? await node.send(command, timeLimit: timeLimit)
        }
        return reply
    }

    private func node(of slot: Int) -> RedisConnectionPool {
        guard let address = map.withLock({ $0.slots[slot] }) else { return seedNode }
        return node(at: address)
    }

    /// - Parameter address: `host:port`, or `:port` for the seed's host.
    private func node(at address: String) -> RedisConnectionPool {
        map.withLock { map in
            if let node = map.nodes[ByteString(address)] { return node }
            guard map.nodes.count < Self.nodeLimit, let url = seed.at(address) else { return seedNode }
            let node = RedisConnectionPool(url, on: group, options: options, logger: logger)
            map.nodes[ByteString(address)] = node
            return node
        }
    }

    /// Another node may have the slot of the command next time.
    private func forget(_ command: RedisCommand, after error: RedisError) {
        guard error.isRetryable, case .slot(let slot) = command.route else { return }
        map.withLock { $0.slots[slot] = nil }
    }

    /// Learns the nodes of all slots from a node; at least that of one slot.
    private func learn(_ slot: Int, _ address: String) async {
        map.withLock { $0.slots[slot] = address }
        guard let reply = try? await node(at: address).send("CLUSTER", "SLOTS") else { return }
        for (slots, address) in ClusterSlots(reply).ranges {
            map.withLock { map in for slot in slots { map.slots[slot] = address } }
        }
    }
}

extension RedisError {
    /// What it means for a pipeline of which another node has run a part.
    fileprivate var afterOthersRan: RedisError {
        switch self {
        case .unavailable, .queueFull: .connectionLost(cause)
        case .cancelled: .cancelled(mayHaveRun: true)
        case .timedOut, .connectionLost, .protocolViolation, .closed, .reply: self
        }
    }
}
