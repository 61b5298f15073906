import BgdemoSystemCompat

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
