/// On loopback, only names of this machine are answered to: a page that had its own name resolve to 127.0.0.1
/// (DNS rebinding) would otherwise be of the same origin as this server.
public struct HostCheck: HTTPHandler {
    private let next: any HTTPHandler

    public init(_ next: any HTTPHandler) {
        self.next = next
    }

    public func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard let host = request.fields.host, !Self.isLocal(host) else { return await next.respond(to: request) }
        return Problem(
            .forbidden, "this server listens on loopback and does not answer to that Host", advice: "Host: localhost"
        )
        .response
    }

    /// Whether a server on this address is reached from this machine alone.
    public static func isLocal(_ host: String) -> Bool {
        if isUsual(host) { return true }
        let name = name(host.utf8[...])
        let lowercased = String(decoding: name, as: UTF8.self).lowercased()
        return lowercased == "localhost" || lowercased.hasSuffix(".localhost") || lowercased == "::1"
            || isLoopbackV4(name)
    }

    /// What nearly every request says, before what costs more to see.
    private static func isUsual(_ host: String) -> Bool {
        guard host.hasPrefix("127.0.0.1") || host.hasPrefix("localhost") else { return false }
        let rest = host.utf8.dropFirst(9)
        return rest.isEmpty
            || rest.first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The host without its port, and without the brackets of an IPv6 address.
    private static func name(_ host: Substring.UTF8View) -> Substring.UTF8View {
        let (bracket, colon) = (UInt8(ascii: "]"), UInt8(ascii: ":"))
        if host.first == UInt8(ascii: "["), let end = host.firstIndex(of: bracket) { return host[..<end].dropFirst() }
        guard let end = host.firstIndex(of: colon), !host[end...].dropFirst().contains(colon) else { return host }
        return host[..<end]
    }

    private static func isLoopbackV4(_ name: Substring.UTF8View) -> Bool {
        let parts = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            .map { UInt8(String(decoding: $0, as: UTF8.self)) }
        return parts.count == 4 && parts[0] == 127 && !parts.contains(nil)
    }
}
