import NIOCore

/// Asks Sentinels which server is the primary now.
enum SentinelQuery {
    /// - Returns: The primary's URL.
    static func primary(
        of url: RedisURL, _ sentinel: RedisURL.Sentinel, on loop: any EventLoop, _ options: RedisOptions,
        _ attempt: ConnectionAttempt
    ) -> EventLoopFuture<RedisURL> {
        ServerQuery.ask(
            sentinel.addresses.map { url.sentinel(at: $0) }[...], "Sentinel",
            ["SENTINEL", "get-master-addr-by-name", sentinel.master], on: loop, options, attempt
        ) { reply, _ in
            guard let parts = reply.array, parts.count == 2, let host = parts[0].text, let port = parts[1].int,
                (1...65_535).contains(port)
            else { return nil }
            return url.server(host: host, port: port)
        }
    }
}
