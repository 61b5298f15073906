import BgdemoSystemCompat
import NIOCore
import NIOPosix

/// Why the server can't listen on an address, and what to do about it.
public struct BindError: Error, CustomStringConvertible {
    public let reason: String
    public let advice: String

    public var description: String { "\(reason); \(advice)" }

    /// - Parameter error: What binding threw.
    public init(host: String, port: Int, _ error: any Error) {
        let place = "\(host) port \(port)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            reason = "\(place) is in use"
            advice = "end what listens there, or choose another port, 0 for any"
        case EADDRNOTAVAIL:
            reason = "\(host) is no address of this machine"
            advice = "listen on one that it has, such as 127.0.0.1"
        case EACCES, EPERM:
            reason = "this user may not listen on \(place)"
            advice = "choose a port from 1024 on"
        case EMFILE, ENFILE:
            reason = "too many files are open to listen on \(place)"
            advice = "allow more: ulimit -n 65536"
        default:
            let isUnknown = error is SocketAddressError.UnknownHost
            reason = isUnknown ? "no address of \(host) is known" : "can't listen on \(place): \(error)"
            advice = "choose an address of this machine, without brackets, such as 127.0.0.1 or ::1"
        }
    }
}
