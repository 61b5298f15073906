import BgdemoFoundations

/// The names that a server answers to. A page whose own name resolves to this machine (DNS rebinding) would else be of the
/// same origin as the server, and could read what it answers.
public struct HostCheck: Sendable {
    private enum Scope { case loopback, known, any }

    private let scope: Scope
    private let names: Set<HostName>

    /// - Parameters:
    ///   - host: What the server listens on. On loopback it answers to this machine's names for itself only.
    ///   - publicHosts: Other names that it answers to, such as a proxy's. Default: none.
    ///   - isStrict: Whether beyond loopback a name with a dot has to be one of `publicHosts`. Default: where there are any.
    public init(listeningOn host: String, publicHosts: [String] = [], isStrict: Bool? = nil) {
        names = Set(([host] + publicHosts).map { HostName($0) })
        let isStrict = isStrict ?? !publicHosts.isEmpty
        scope = HostName(host).isLoopback ? .loopback : isStrict ? .known : .any
    }

    /// Whether others than the programs of this machine reach the server: it listens beyond loopback, or has a public name,
    /// by which a proxy passes requests on to it.
    ///
    /// - Parameters:
    ///   - host: What the server listens on.
    ///   - publicHosts: Other names that it answers to. Those of loopback are this machine's own.
    public static func isReachedByOthers(listeningOn host: String, publicHosts: [String]) -> Bool {
        !([host] + publicHosts).allSatisfy { HostName($0).isLoopback }
    }

    /// Refuses a request for another name than the server's.
    func check(_ fields: HTTPRequest.Fields) throws(Problem) {
        guard let host = fields.host, !allows(host) else { return }
        throw Problem(
            .forbidden, "this server does not answer to that Host",
            advice: "Host: localhost, or name the host with --public-host")
    }

    private func allows(_ host: String) -> Bool {
        if scope == .any || Self.isUsual(host) { return true }
        let name = HostName(host)
        return name.isLoopback || names.contains(name) || scope == .known && !name.text.isEmpty && name.isOutOfDNS
    }

    /// What nearly every request says, before what takes more time.
    private static func isUsual(_ host: String) -> Bool {
        guard host.hasBytePrefix("127.0.0.1") || host.hasBytePrefix("localhost") else { return false }
        let rest = host.utf8.dropFirst(9)
        return rest.isEmpty
            || rest.first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy { (0x30...0x39).contains($0) }
    }
}
