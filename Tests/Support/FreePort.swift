import NIOCore
import NIOPosix
import Synchronization

/// The ports that were given to a test of this process.
private let given = Mutex<Set<Int>>([])

/// A port of 127.0.0.1 on which nothing listens, given to no other test of this process.
///
/// It lies below the ports that the system gives to connections and to listeners on port 0 (from 32,768 on Linux, 49,152
/// on macOS): one of those could take it before the server of the test listens, and while that server is restarted.
public func freePort() async throws -> Int {
    while true {
        let port = Int.random(in: 10_000..<32_000)
        guard given.withLock({ $0.insert(port).inserted }) else { continue }
        do {
            try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: port).get().close()
            return port
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            continue
        }
    }
}
