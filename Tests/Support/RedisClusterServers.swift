import Subprocess

/// Runs `body` with the servers of a Redis Cluster on loopback: three masters, which come first, and as many replicas of
/// each as wanted.
///
/// - Parameter nodeTimeout: Milliseconds after which a node that is silent counts as dead.
public func withRedisClusterServers(
    replicas: Int = 0, nodeTimeout: Int = 5000, _ body: @Sendable @escaping ([RedisServer]) async throws -> Void
) async throws {
    let arguments = [
        "--cluster-enabled", "yes", "--cluster-node-timeout", "\(nodeTimeout)", "--repl-diskless-sync-delay", "0",
    ]
    try await withNodes(3 * (1 + replicas), arguments) { servers in
        let created = try await redisCLI(
            ["--cluster", "create"] + servers.map { "127.0.0.1:\($0.port)" }
                + ["--cluster-replicas", "\(replicas)", "--cluster-yes"])
        guard created.contains("All 16384 slots covered") else { throw RedisServer.Failure(description: created) }
        for server in servers {
            while try await !redisCLI(["-p", "\(server.port)", "CLUSTER", "INFO"]).contains("cluster_state:ok") {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        // A replica that has never had its master's data does not take over.
        for server in servers {
            while try await redisCLI(["-p", "\(server.port)", "INFO", "replication"]).contains(
                "master_link_status:down")
            {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await body(servers)
    }
}

/// What `redis-cli` prints.
public func redisCLI(_ arguments: [String]) async throws -> String {
    let result = try await run(
        .name("redis-cli"), arguments: Arguments(arguments), output: .string(limit: 1 << 20),
        error: .combinedWithOutput)
    return result.standardOutput
}

/// Moves the slot of a key, and all keys in it, from the master that has it to another.
public func moveSlot(of key: String, among masters: [RedisServer]) async throws {
    try await SlotMove(of: key, among: masters).finish()
}

/// A slot that is on its way from one master to another.
public struct SlotMove: Sendable {
    /// The master that has had the slot.
    public let owner: RedisServer
    private let target: RedisServer
    private let targetID: String
    private let slot: String
    private let masters: [RedisServer]

    /// Begins to move the slot of a key: from now on its owner sends on who asks for keys that it does not have (`ASK`).
    public init(of key: String, among masters: [RedisServer]) async throws {
        let slot = try await Self.send(masters[0], "CLUSTER", "KEYSLOT", key)
        var (ids, owner): ([String], Int?) = ([], nil)
        for (number, master) in masters.enumerated() {
            ids.append(try await Self.send(master, "CLUSTER", "MYID"))
            if try await !Self.send(master, "GET", key).contains("MOVED") { owner = number }
        }
        guard let owner else { throw RedisServer.Failure(description: "no master has the slot \(slot)") }
        let target = (owner + 1) % masters.count
        _ = try await Self.send(masters[target], "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[owner])
        _ = try await Self.send(masters[owner], "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        (self.masters, self.slot, targetID) = (masters, slot, ids[target])
        (self.owner, self.target) = (masters[owner], masters[target])
    }

    /// Moves the keys, and tells the masters who has the slot.
    public func finish() async throws {
        while case let names = try await Self.send(owner, "CLUSTER", "GETKEYSINSLOT", slot, "1000"), !names.isEmpty {
            _ = try await redisCLI(
                ["-p", "\(owner.port)", "MIGRATE", "127.0.0.1", "\(target.port)", "", "0", "5000", "KEYS"]
                    + names.split(separator: "\n").map(String.init))
        }
        for master in [target, owner] + masters {
            _ = try await Self.send(master, "CLUSTER", "SETSLOT", slot, "NODE", targetID)
        }
    }

    private static func send(_ master: RedisServer, _ words: String...) async throws -> String {
        try await redisCLI(["-p", "\(master.port)"] + words).trimmingLines()
    }
}

private func withNodes(
    _ count: Int, _ arguments: [String], _ servers: [RedisServer] = [],
    _ body: @Sendable @escaping ([RedisServer]) async throws -> Void
) async throws {
    guard count > 0 else { return try await body(servers) }
    try await withNode(arguments) { server in
        try await withNodes(count - 1, arguments, servers + [server], body)
    }
}

/// A server whose second port, 10,000 above the first, is free too.
private func withNode(_ arguments: [String], _ body: (RedisServer) async throws -> Void) async throws {
    for _ in 0..<20 {
        do {
            return try await withRedisServer(arguments, onPort: true, body)
        } catch let error as RedisServer.Failure where error.description.contains("ort") {}
    }
    throw RedisServer.Failure(
        description: "no two free ports, one 10,000 above the other, for a node of a Cluster")
}

extension String {
    fileprivate func trimmingLines() -> String {
        String(drop { $0.isNewline }.reversed().drop { $0.isNewline }.reversed())
    }
}
