public import BgdemoEmail
public import BgdemoHTTPServer
public import BgdemoNetSupport

/// Who may have mails sent, to whom, and how many.
public struct AccessPolicy: Sendable {
    /// What a request has to bring as `Authorization: Bearer`. Default: nothing.
    public var token: BearerToken?
    /// The addresses that mails go to. Default: every address.
    public var recipients: [AddressPattern]?
    /// Mails a second. Default: no limit.
    public var rate: TokenBucket?
    /// Names of the server besides the one in `Host`. Default: none.
    public var publicHosts: [String] = [] {
        didSet { browsers = BrowserCheck(publicHosts: publicHosts) }
    }
    private var browsers = BrowserCheck()

    public init() {}

    /// Refuses a request for what stands in its head. A request with the token is no browser's: no page can have one send
    /// it.
    func check(_ fields: HTTPRequest.Fields) throws(Problem) {
        guard let token else { return try browsers.check(fields) }
        guard !token.isBearer(in: fields) else { return }
        try browsers.check(fields)
        throw Problem(
            .unauthorized, "the token is missing or wrong", advice: "Authorization: Bearer TOKEN",
            headers: [HTTPHeader("WWW-Authenticate", "Bearer realm=\"bgdemo\"")])
    }

    /// Refuses a recipient that matches no pattern, and one that leads around the patterns: a mail server may read a
    /// recipient such as `user%elsewhere.example@example.org` as a route, and send the mail to elsewhere.example.
    func check(_ recipient: Address) throws(Problem) {
        guard let recipients else { return }
        guard recipients.contains(where: { $0.matches(recipient) }) else {
            throw Problem(.forbidden, "mails to this address are not allowed here (--allow-recipient)")
        }
        guard !recipient.couldBeRoute else {
            throw Problem(
                .forbidden,
                "the part before the @ could be read as a route to another host: while recipients are restricted, "
                    + "% ! and in quotes @ : , are not allowed there (--allow-recipient)")
        }
    }

    /// Counts one mail against the rate.
    func takeFromRate() throws(Problem) {
        guard let wait = rate?.wait() else { return }
        throw Problem(
            .tooManyRequests, "more mails are asked for than the limit here (--rate-limit)",
            headers: [HTTPHeader("Retry-After", String(max(1, Int(wait.components.seconds) + 1)))])
    }
}
