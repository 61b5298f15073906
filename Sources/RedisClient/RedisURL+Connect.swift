import BgdemoSystemCompat
import NIOCore
import NIOPosix
import NIOSSL

extension RedisURL {
    /// The server to connect to: where Sentinels or the nodes of a Cluster know it, they are asked.
    func locate(on loop: any EventLoop, _ options: RedisOptions) -> EventLoopFuture<RedisURL> {
        switch place {
        case .unix, .tcp: loop.makeSucceededFuture(self)
        case .sentinel(let sentinel): SentinelQuery.primary(of: self, sentinel, on: loop, options)
        case .cluster(let cluster): ClusterQuery.node(of: self, cluster, on: loop, options)
        }
    }

    /// Connects, by TCP, a socket file or TLS, to the server that ``locate(on:_:)`` finds.
    func connect(
        on loop: any EventLoop, _ options: RedisOptions,
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        let tls: NIOSSLContext?
        do {
            tls = isEncrypted ? try RedisTLSFiles(options).context() : nil
        } catch {
            return loop.makeFailedFuture(error)
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
        case .sentinel, .cluster:
            return locate(on: loop, options).flatMap { $0.connect(on: loop, options, handler) }
        }
    }

    /// The name that the certificate must have. An address is checked as an address, and not sent (RFC 6066, section 3).
    private var nameForTLS: String? {
        guard case .tcp(let host, _) = place else { return nil }
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return isAddress ? nil : host
    }
}

extension Error {
    /// What failed, in one line of plain words.
    var plainDescription: String {
        switch self {
        case let error as NIOConnectionError:
            // One cause is enough: localhost has two addresses, and both refuse.
            if let cause = error.connectionErrors.first?.error { return cause.plainDescription }
            return "the host \(error.host) is not found"
        case let error as IOError:
            return "\(Errno(rawValue: error.errnoCode))".lowercased()
        case let error as ChannelError:
            guard case .connectTimeout(let time) = error else { return "the connection failed" }
            return "no connection within \(time.nanoseconds / 1_000_000) ms"
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its certificate is for another name"
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError:
            // The library's own words name the cause in capitals.
            let text = "\(self)"
            return TLSFault.all.first { text.utf8.firstRange(of: $0.name.utf8) != nil }?.meaning ?? "TLS failed"
        case is ServerQuery.Failure, is RedisTLSFiles.UnusableFile:
            return "\(self)"
        default:
            return "the connection failed"
        }
    }
}

/// What a name in an error of the TLS library means.
private struct TLSFault {
    let name: String
    let meaning: String

    static let all = [
        TLSFault(name: "CERTIFICATE_VERIFY_FAILED", meaning: "its certificate is not trusted"),
        TLSFault(name: "WRONG_VERSION_NUMBER", meaning: "the server does not speak TLS on this port"),
        TLSFault(name: "CERTIFICATE_REQUIRED", meaning: "the server requires a certificate of the client"),
        TLSFault(
            name: "ALERT_HANDSHAKE_FAILURE", meaning: "the server refuses TLS; it may require a client certificate"),
        TLSFault(name: "ALERT_UNKNOWN_CA", meaning: "the server does not trust the client's certificate"),
        TLSFault(name: "ALERT_BAD_CERTIFICATE", meaning: "the server does not take the client's certificate"),
        TLSFault(name: "ALERT_CERTIFICATE", meaning: "the server does not take the client's certificate"),
        TLSFault(name: "PROTOCOL_VERSION", meaning: "the server speaks no version of TLS from 1.2 on"),
    ]
}
