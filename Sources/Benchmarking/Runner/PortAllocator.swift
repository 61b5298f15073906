import NIOCore
import NIOPosix
import Synchronization

/// Ports for servers that are stopped and started again on the same port.
///
/// They are below the ports that systems use for outgoing connections and for port 0 (from 32,768 on Linux, 49,152 on
/// macOS), and each is returned once, until all 12,000 have been.
enum PortAllocator {
    private static let range = 20_000..<32_000
    private static let next = Mutex(Int.random(in: range))

    /// A port of 127.0.0.1 on which no process listens.
    static func free() async throws -> Int {
        for _ in range {
            let port = next.withLock { next in
                next = next + 1 < range.upperBound ? next + 1 : range.lowerBound
                return next
            }
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            if let listener = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() {
                try await listener.close()
                return port
            }
        }
        throw BenchmarkError("no port of 127.0.0.1 from \(range.lowerBound) to \(range.upperBound - 1) is free")
    }
}
