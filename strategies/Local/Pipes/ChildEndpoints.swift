import NIOCore
import NIOPosix
import BgdemoSystemCompat

/// The child's ends of the pipes: it reads its standard input and writes its standard output.
struct ChildEndpoints: Sendable {
    /// The listening socket that the master has passed.
    let listener: NIOBSDSocket.Handle?
    let writer: LineWriter
    private let loop: any EventLoop

    /// - Parameter listens: Whether the master passes a listening socket.
    /// - Returns: Nil where there are no pipes, or no listening socket came.
    static func open(listens: Bool, on loop: any EventLoop) async throws -> ChildEndpoints? {
        let listener = listens ? ListeningSocket.receive(over: STDIN_FILENO) : nil
        guard listens == (listener != nil) else { return nil }
        // Everything else that is printed goes to standard error, not between the messages.
        let output = dup(STDOUT_FILENO)
        guard output >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { return nil }
        _ = fcntl(output, F_SETFD, FD_CLOEXEC)
        let channel = try await NIOPipeBootstrap(group: loop).takingOwnershipOfDescriptor(output: output).get()
        return ChildEndpoints(listener: listener, writer: LineWriter(channel), loop: loop)
    }

    /// Reads what the master sends. To be called once.
    func read(_ makeHandler: @escaping @Sendable () -> LineInboundHandler) async throws {
        try await LineInboundHandler.read(fromSocket: STDIN_FILENO, on: loop, makeHandler)
    }
}
