import NIOCore
import NIOPosix
import Synchronization

/// PortAllocator that stay ours while nobody listens: a web server that was killed, a Redis or a mail server that is away comes
/// back on the one that it had.
///
/// They lie below those that systems give to outgoing connections and to port 0 (from 32,768 on Linux, 49,152 on macOS),
/// and none is given twice while the process lives, unless 12,000 have been.
enum PortAllocator {
    private static let range = 20_000..<32_000
    private static let next = Mutex(Int.random(in: range))

    /// One of 127.0.0.1 that nobody listens on.
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
