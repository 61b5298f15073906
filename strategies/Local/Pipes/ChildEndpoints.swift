package import NIOCore
import NIOPosix
import BgdemoSystemCompat

/// A child's ends of its pipes: it reads its standard input, and writes its standard output.
package struct ChildEndpoints: Sendable {
    /// The listening socket that the master has passed on.
    package let listener: NIOBSDSocket.Handle?
    package let writer: LineWriter
    private let loop: any EventLoop

    /// - Parameter listens: Whether the master passes a listening socket on.
    /// - Returns: Nil where there are no pipes, or not all that should come through them.
    package static func open(listens: Bool, on loop: any EventLoop) async throws -> ChildEndpoints? {
        let listener = listens ? ListeningSocket.receive(over: STDIN_FILENO) : nil
        guard listens == (listener != nil) else { return nil }
        // What else is printed goes the way of crash messages, not between the messages.
        let output = dup(STDOUT_FILENO)
        guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { return nil }
        _ = fcntl(output, F_SETFD, FD_CLOEXEC)
        let channel = try await NIOPipeBootstrap(group: loop).takingOwnershipOfDescriptor(output: output).get()
        return ChildEndpoints(listener: listener, writer: LineWriter(channel), loop: loop)
    }

    /// Listens to the master. To be called once.
    package func listen(_ ear: @escaping @Sendable () -> LineInboundHandler) async throws {
        _ = try await ClientBootstrap(group: loop).addingLineHandler(ear).withConnectedSocket(STDIN_FILENO).get()
    }
}
