import NIOCore

#if canImport(Darwin)
    import System
#else
    import SystemPackage
#endif

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The three ways between the master and one child. A child's standard input is a socket, because a listening socket
/// can be passed through one, as node's cluster does it.
///
/// All are closed on exec: a child gets its own three, and never holds a brother's end open.
struct Pipes: Sendable {
    /// The master's ends.
    let toChild: CInt
    let output: CInt
    let errors: CInt
    /// The child's ends, to be closed in the master once the child has them.
    let childInput: SystemFile
    let childOutput: SystemFile
    let childErrors: SystemFile

    /// - Parameter listener: A listening socket, to be passed on.
    init(passing listener: CInt?) throws {
        var ends: [CInt] = []
        do {
            unsafe ends += try Self.pair { unsafe socketpair(AF_UNIX, streamSocket, 0, $0) }
            unsafe ends += try Self.pair { unsafe pipe($0) }
            unsafe ends += try Self.pair { unsafe pipe($0) }
            if let listener { try ListeningSocket.pass(listener, over: ends[0]) }
        } catch {
            for end in ends { _ = closeDescriptor(end) }
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

    func close() {
        for end in [toChild, output, errors, childInput.rawValue, childOutput.rawValue, childErrors.rawValue] {
            _ = closeDescriptor(end)
        }
    }
}

private func closeDescriptor(_ descriptor: CInt) -> CInt { close(descriptor) }

#if canImport(Glibc)
    private let streamSocket = CInt(SOCK_STREAM.rawValue)
#else
    private let streamSocket = SOCK_STREAM
#endif

/// Passes a listening socket from one process to another, by a control message over a Unix socket (`unix(7)`,
/// SCM_RIGHTS). The connections that wait in it are lost with neither of the two alone.
enum ListeningSocket {
    /// Goes out with an empty line, which means nothing.
    static func pass(_ listener: CInt, over socket: CInt) throws {
        var control = [UInt8](repeating: 0, count: space)
        var header = cmsghdr()
        header.cmsg_len = numericCast(headerSize + MemoryLayout<CInt>.size)
        header.cmsg_level = SOL_SOCKET
        header.cmsg_type = scmRights
        unsafe control.withUnsafeMutableBytes { control in
            unsafe control.storeBytes(of: header, as: cmsghdr.self)
            unsafe control.storeBytes(of: listener, toByteOffset: headerSize, as: CInt.self)
        }
        guard unsafe transfer(&control, { unsafe sendmsg(socket, &$0, 0) }) == 1 else {
            throw Errno(rawValue: errno)
        }
    }

    /// The socket that was passed; nil where there came none.
    static func receive(over socket: CInt) -> CInt? {
        var control = [UInt8](repeating: 0, count: space)
        guard unsafe transfer(&control, { unsafe recvmsg(socket, &$0, 0) }) == 1 else { return nil }
        return unsafe control.withUnsafeBytes { control in
            let header = unsafe control.load(as: cmsghdr.self)
            guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == scmRights else { return nil }
            return unsafe control.load(fromByteOffset: headerSize, as: CInt.self)
        }
    }

    private static let headerSize = MemoryLayout<cmsghdr>.size
    private static var space: Int { headerSize + MemoryLayout<Int>.size }
    private static let scmRights = CInt(SCM_RIGHTS)

    /// One byte, a line end, and a control message beside it.
    private static func transfer(_ control: inout [UInt8], _ call: (inout msghdr) -> Int) -> Int {
        var byte = UInt8(ascii: "\n")
        return unsafe control.withUnsafeMutableBytes { control in
            unsafe withUnsafeMutableBytes(of: &byte) { byte in
                var vector = unsafe iovec(iov_base: byte.baseAddress, iov_len: 1)
                return unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    var message = unsafe msghdr()
                    unsafe message.msg_iov = vector
                    unsafe message.msg_iovlen = 1
                    unsafe message.msg_control = control.baseAddress
                    unsafe message.msg_controllen = numericCast(control.count)
                    return unsafe call(&message)
                }
            }
        }
    }
}
