package import NIOCore
import NIOPosix
import BgdemoSystemCompat

/// The socket on which the web servers accept. The master binds and keeps it, so that clients wait, and are not
/// refused, while no web server lives.
package struct SharedListener: Sendable {
    package let port: Int
    package let socket: NIOBSDSocket.Handle
    private let channel: any Channel

    /// - Parameter port: 0 takes any free port; ``port`` then says which.
    package static func bind(host: String, port: Int, group: any EventLoopGroup) async throws -> SharedListener {
        // The web server of a master that was killed leaves within a second, and its socket with it.
        let deadline = NIODeadline.now() + .milliseconds(1500)
        while true {
            do {
                return try await attempt(host, port, group)
            } catch let error as IOError where error.errnoCode == EADDRINUSE && .now() < deadline {
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                throw BindError(host: host, port: port, error)
            }
        }
    }

    private static func attempt(_ host: String, _ port: Int, _ group: any EventLoopGroup) async throws -> SharedListener
    {
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: host, port: port).get()
        let socket = try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        }.get()
        guard let socket else { throw ChannelError.operationUnsupported }
        return SharedListener(port: channel.localAddress?.port ?? port, socket: socket, channel: channel)
    }

    /// The next connections are refused.
    package func close() async { try? await channel.close() }
}
