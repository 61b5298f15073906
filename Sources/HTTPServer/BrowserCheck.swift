import BgdemoFoundations

/// Refuses requests that a browser makes for a page of another site, or before its user has asked for anything. Only
/// browsers send the header fields that it looks at.
public struct BrowserCheck: Sendable {
    private let publicHosts: Set<HostName>

    /// - Parameter publicHosts: Names of this server besides the one in `Host`. Default: none.
    public init(publicHosts: [String] = []) {
        self.publicHosts = Set(publicHosts.map { HostName($0) })
    }

    /// - Throws: ``Problem`` with the status 403.
    public func check(_ fields: HTTPRequest.Fields) throws(Problem) {
        if let purpose = fields.purpose, Self.isSpeculative(purpose) {
            throw Problem(.forbidden, "the browser fetches this in advance; mails are sent when a person asks for them")
        }
        guard isOwnSite(fields) else {
            throw Problem(.forbidden, "a page of another site asked the browser for this; mails are not sent for it")
        }
    }

    /// The words of Sec-Purpose (<https://fetch.spec.whatwg.org/#sec-purpose-header>) and of its older forms.
    private static func isSpeculative(_ purpose: String) -> Bool {
        let lower = purpose.asciiLowercased()
        return ["prefetch", "prerender", "preview"].contains { lower.containsBytes(of: $0) }
    }

    /// Browsers name the site in Sec-Fetch-Site; where the server's address is neither loopback nor https they do not, but
    /// a form has an Origin, and a link or an image a Referer.
    private func isOwnSite(_ fields: HTTPRequest.Fields) -> Bool {
        if let site = fields.secFetchSite {
            return site.hasSameBytes(as: "none") || site.hasSameBytes(as: "same-origin")
        }
        return [fields.origin, fields.referer].allSatisfy { url in url.map { isOwn($0, fields.host ?? "") } ?? true }
    }

    /// - Parameter url: An origin, or a URL of one.
    private func isOwn(_ url: String, _ host: String) -> Bool {
        let lower = url.asciiLowercased()
        guard let scheme = ["http://", "https://"].first(where: { lower.hasBytePrefix($0) }) else { return false }
        let authority = Substring(
            lower.utf8.dropFirst(scheme.utf8.count).prefix { ![UInt8(ascii: "/"), UInt8(ascii: "?")].contains($0) })
        return authority.equalsIgnoringASCIICase(host) || publicHosts.contains(HostName(authority))
    }
}
