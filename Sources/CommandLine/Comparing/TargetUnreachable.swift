import BgdemoBenchmarking
import NIOCore
import BgdemoSystemCompat
import NIOPosix

/// A service that is to be measured accepts no connection.
struct TargetUnreachable: Error, CustomStringConvertible {
    let url: String
    let reason: String

    var description: String { "nothing listens on \(url) (\(reason)): start the service first, or correct --target" }
}

extension Target {
    /// Connects once, for at most 5 seconds.
    func checkIsListening() async throws(TargetUnreachable) {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(5))
        do {
            try await bootstrap.connect(host: host, port: port).get().close(promise: nil)
        } catch let error as NIOConnectionError {
            throw TargetUnreachable(url: url, reason: error.sentence)
        } catch {
            throw TargetUnreachable(url: url, reason: "no answer")
        }
    }
}

extension NIOConnectionError {
    /// The last of the reasons why no address of the host was reached.
    fileprivate var sentence: String {
        switch connectionErrors.last?.error {
        case let error as IOError: String(describing: Errno(rawValue: error.errnoCode)).lowercased()
        case .some: "no answer"
        case nil: "the host's name is unknown"
        }
    }
}
