import BgdemoEmail
import BgdemoHTTPServer
public import BgdemoNetSupport

/// Who may order mails here, to whom, and how many.
public struct AccessPolicy: Sendable {
    /// What stands after `Authorization: Bearer`, or nil where no token is asked for.
    public var token: String?
    /// Patterns of addresses, `*` for anything: `*@example.org`. Empty allows every address.
    public var recipients: [String] = []
    /// Mails a second, as a bucket of one second's worth; nil for no limit.
    public var rate: RateLimit?

    public init() {}

    /// Refuses a request for what stands in its head.
    func check(_ fields: HTTPRequest.Fields) throws(Problem) {
        guard Self.isOfThisSite(fields) else {
            throw Problem(.forbidden, "a page of another site asked the browser for this; mails are not sent for it")
        }
        guard let token else { return }
        let given = fields.authorization ?? ""
        let isBearer = given.prefix(7).lowercased() == "bearer "
        guard isBearer, Self.areEqual(Array(given.dropFirst(7).utf8), Array(token.utf8)) else {
            throw Problem(
                .unauthorized, "the token is missing or wrong", advice: "Authorization: Bearer TOKEN",
                headers: [HTTPHeader("WWW-Authenticate", "Bearer realm=\"bgdemo\"")])
        }
    }

    /// A page of another origin may make a browser send a GET or a form here. Browsers say so in Sec-Fetch-Site; where
    /// the address here is neither loopback nor https they do not, but a form has its Origin. Only they send the two.
    private static func isOfThisSite(_ fields: HTTPRequest.Fields) -> Bool {
        if let site = fields.secFetchSite { return site == "none" || site == "same-origin" }
        guard let origin = fields.origin?.lowercased() else { return true }
        let host = fields.host?.lowercased() ?? ""
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    func check(_ recipient: Address) throws(Problem) {
        guard recipients.isEmpty || recipients.contains(where: { Self.matches(recipient.mailbox, $0) }) else {
            throw Problem(.forbidden, "mails to this address are not allowed here (--allow-recipient)")
        }
    }

    func acquire() throws(Problem) {
        guard let wait = rate?.wait() else { return }
        throw Problem(
            .tooManyRequests, "more mails are asked for than the limit here (--rate-limit)",
            headers: [HTTPHeader("Retry-After", String(max(1, Int(wait.components.seconds) + 1)))])
    }

    /// Looks at every byte whatever the first ones say, so that the time tells nothing of the token but its length.
    private static func areEqual(_ given: [UInt8], _ token: [UInt8]) -> Bool {
        guard given.count == token.count else { return false }
        return zip(given, token).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Whether `text` is `pattern`, a `*` of which stands for any run of characters; case does not count.
    private static func matches(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.lowercased().utf8), Array(pattern.lowercased().utf8))
        var (here, there) = (0, 0)
        var retry: (text: Int, pattern: Int)?
        while here < text.count {
            if there < pattern.count, pattern[there] == UInt8(ascii: "*") {
                retry = (here, there)
                there += 1
            } else if there < pattern.count, pattern[there] == text[here] {
                (here, there) = (here + 1, there + 1)
            } else if let last = retry {
                retry = (last.text + 1, last.pattern)
                (here, there) = (last.text + 1, last.pattern + 1)
            } else {
                return false
            }
        }
        return pattern[there...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
