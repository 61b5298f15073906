import BgdemoSystemCompat
import NIOCore
import NIOPosix
import NIOSSL

extension RedisURL {
    /// Connects, by TCP, a socket file or TLS; where Sentinels know the primary, they are asked for it first.
    func connect(
        on loop: any EventLoop, _ options: RedisOptions,
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        let tls: NIOSSLContext?
        do {
            tls = isEncrypted ? try NIOSSLContext(configuration: .redis(trusting: options.caFile)) : nil
        } catch {
            return loop.makeFailedFuture(UnreadableCA(file: options.caFile, error: error))
        }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: nameForTLS))
                    }
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
        switch place {
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        case .tcp(let host, let port):
            return
                bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: host, port: port)
        case .sentinel(let sentinel):
            return SentinelQuery.primary(of: self, sentinel, on: loop, options).flatMap { primary in
                primary.connect(on: loop, options, handler)
            }
        }
    }

    /// The name that the certificate must have. An address is checked as an address, and not sent (RFC 6066, section 3).
    private var nameForTLS: String? {
        guard case .tcp(let host, _) = place else { return nil }
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return isAddress ? nil : host
    }
}

extension TLSConfiguration {
    /// Verifies the certificate and the name in it.
    fileprivate static func redis(trusting caFile: String?) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let caFile { configuration.trustRoots = .file(caFile) }
        return configuration
    }
}

private struct UnreadableCA: Error, CustomStringConvertible {
    let file: String?
    let error: any Error

    var description: String { "the certificates in \(file ?? "the system's store") cannot be read: \(error)" }
}

extension Error {
    /// What failed, in one line of plain words.
    var plainDescription: String {
        switch self {
        case let error as NIOConnectionError:
            // One cause is enough: localhost has two addresses, and both refuse.
            if let cause = error.connectionErrors.first?.error { return cause.plainDescription }
            let cause = error.dnsAError ?? error.dnsAAAAError
            return "the host \(error.host) is not found" + (cause.map { ": \($0)" } ?? "")
        case let error as IOError:
            return "\(Errno(rawValue: error.errnoCode))".lowercased()
        case let error as ChannelError:
            guard case .connectTimeout(let time) = error else { return "\(error)" }
            return "no connection within \(time.nanoseconds / 1_000_000) ms"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another name"
        case is NIOSSLError, is BoringSSLError:
            // The library's own words name the cause in capitals.
            let text = "\(self)"
            if text.utf8.firstRange(of: "CERTIFICATE_VERIFY_FAILED".utf8) != nil {
                return "its certificate is not trusted"
            }
            if text.utf8.firstRange(of: "WRONG_VERSION_NUMBER".utf8) != nil {
                return "the server does not speak TLS on this port"
            }
            return "TLS failed"
        default:
            return "\(self)"
        }
    }
}
