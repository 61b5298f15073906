import BgdemoFoundations

/// A host as `Host`, `Origin` and `Referer` give it, perhaps with a port: in lower case, without port and brackets.
public struct HostName: Sendable, Hashable {
    public let text: String

    /// - Parameter host: `name`, `name:8080`, `127.0.0.1:8080`, `[::1]:8080` or `::1`.
    public init(_ host: some StringProtocol) {
        text = String(Substring(Self.name(Substring(host).utf8))).asciiLowercased()
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(ByteString(text)) }

    public static func == (one: HostName, other: HostName) -> Bool { one.text.hasSameBytes(as: other.text) }

    /// Whether it names this machine to itself: `localhost`, `*.localhost`, 127.0.0.0/8, `::1`.
    public var isLoopback: Bool {
        text.hasSameBytes(as: "localhost") || text.hasByteSuffix(".localhost") || text.hasSameBytes(as: "::1")
            || ipv4?.first == 127
    }

    /// Whether no page of a stranger can have it for its own name: an address, or a name without a dot.
    var isOutOfDNS: Bool {
        ipv4 != nil || text.utf8.contains(UInt8(ascii: ":")) || !text.utf8.contains(UInt8(ascii: "."))
    }

    private var ipv4: [UInt8]? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let numbers = parts.compactMap { part in
            part.allSatisfy { (0x30...0x39).contains($0) } ? UInt8(String(decoding: part, as: UTF8.self)) : nil
        }
        return numbers.count == 4 ? numbers : nil
    }

    private static func name(_ host: Substring.UTF8View) -> Substring.UTF8View {
        let (bracket, colon) = (UInt8(ascii: "]"), UInt8(ascii: ":"))
        if host.first == UInt8(ascii: "["), let end = host.firstIndex(of: bracket) { return host[..<end].dropFirst() }
        guard let end = host.firstIndex(of: colon), !host[end...].dropFirst().contains(colon) else { return host }
        return host[..<end]
    }
}
