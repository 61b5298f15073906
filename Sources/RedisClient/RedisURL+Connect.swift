import BgdemoSystemCompat
import NIOCore
import NIOPosix

extension RedisURL {
    /// The server to connect to: where Sentinels or the nodes of a Cluster know it, they are asked.
    func locate(
        on loop: any EventLoop, _ options: RedisOptions, _ attempt: ConnectionAttempt
    ) -> EventLoopFuture<RedisURL> {
        switch place {
        case .unix, .tcp: loop.makeSucceededFuture(self)
        case .sentinel(let sentinel): SentinelQuery.primary(of: self, sentinel, on: loop, options, attempt)
        case .cluster(let cluster): ClusterQuery.node(of: self, cluster, on: loop, options, attempt)
        }
    }

    /// Connects, by TCP, a socket file or TLS, to the server that ``locate(on:_:_:)`` finds.
    ///
    /// - Parameter attempt: What it is a part of; fails where that was abandoned.
    func connect(
        on loop: any EventLoop, _ options: RedisOptions, _ attempt: ConnectionAttempt,
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        let tls: RedisTLS?
        do {
            try attempt.check()
            tls = isEncrypted ? try RedisTLS(options) : nil
        } catch {
            return loop.makeFailedFuture(error)
        }
        let bound = NIOLoopBound(attempt, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try bound.value.add(channel)
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(tls.handler(for: nameForTLS))
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
            return locate(on: loop, options, attempt).flatMap { $0.connect(on: loop, options, bound.value, handler) }
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
        case is ServerQuery.Failure, is RedisTLS.Unusable:
            return "\(self)"
        default:
            return RedisTLS.meaning(of: self) ?? "the connection failed"
        }
    }
}
