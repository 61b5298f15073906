/// On loopback, only names of this machine are answered to: a page that had its own name resolve to 127.0.0.1
/// (DNS rebinding) would otherwise be of the same origin as this server.
public struct HostGate: Handler {
    private let next: any Handler

    public init(_ next: any Handler) {
        self.next = next
    }

    public func respond(to request: Request) async -> Response {
        guard let host = request.fields.host, !Self.isLocal(host) else { return await next.respond(to: request) }
        return Problem(
            .forbidden, "this server listens on loopback and does not answer to that Host", advice: "Host: localhost"
        )
        .response
    }

    /// Whether a server on this address is reached from this machine alone.
    public static func isLocal(_ host: String) -> Bool {
        let host = host.lowercased()
        let name: Substring
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            name = host[host.index(after: host.startIndex)..<end]
        } else if host.utf8.count(where: { $0 == UInt8(ascii: ":") }) > 1 {
            name = host[...]
        } else {
            name = host.prefix { $0 != ":" }
        }
        return name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || isLoopbackV4(name)
    }

    private static func isLoopbackV4(_ name: Substring) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
