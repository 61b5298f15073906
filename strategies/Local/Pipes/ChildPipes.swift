package import NIOCore
import NIOPosix
import BgdemoSystemCompat

/// The three ways between the master and one child. A child's standard input is a socket, because a listening socket
/// can be passed through one, as node's cluster does it.
///
/// All are closed on exec: a child gets its own three, and never holds a brother's end open.
package struct ChildPipes: Sendable {
    /// The master's ends.
    private let toChild: CInt
    package let output: CInt
    package let errors: CInt
    /// The child's ends, to be closed in the master once the child has them.
    let childInput: SystemFile
    let childOutput: SystemFile
    let childErrors: SystemFile

    /// - Parameter listener: A listening socket, to be passed on.
    package init(passing listener: CInt?) throws {
        var ends: [CInt] = []
        do {
            unsafe ends += try Self.pair { unsafe socketpair(AF_UNIX, streamSocket, 0, $0) }
            unsafe ends += try Self.pair { unsafe pipe($0) }
            unsafe ends += try Self.pair { unsafe pipe($0) }
            if let listener { try ListeningSocket.pass(listener, over: ends[0]) }
        } catch {
            for end in ends { _ = close(end) }
            throw error
        }
        (toChild, output, errors) = (ends[0], ends[2], ends[4])
        childInput = SystemFile(rawValue: ends[1])
        childOutput = SystemFile(rawValue: ends[3])
        childErrors = SystemFile(rawValue: ends[5])
    }

    private static func pair(_ make: (UnsafeMutablePointer<CInt>) -> CInt) throws -> [CInt] {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { ends in
            if let first = ends.baseAddress { unsafe make(first) } else { CInt(-1) }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return ends
    }

    /// The master's way to talk to the child.
    package func writer(on loop: any EventLoop) async throws -> LineWriter {
        LineWriter(try await ClientBootstrap(group: loop).withConnectedSocket(toChild).get())
    }
}

#if canImport(Glibc)
    private let streamSocket = CInt(SOCK_STREAM.rawValue)
#else
    private let streamSocket = SOCK_STREAM
#endif
