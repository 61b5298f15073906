/// Checks the Host of each request before another handler sees it. A request with the token passes: no page can have a
/// browser send it.
public struct RequestGuard: HTTPRouter {
    private let hosts: HostCheck
    private let token: BearerToken?
    private let next: any HTTPHandler

    public init(_ next: any HTTPHandler, hosts: HostCheck, token: BearerToken? = nil) {
        self.next = next
        self.hosts = hosts
        self.token = token
    }

    public func route(_ request: HTTPRequest) -> any HTTPHandler { problem(request.fields) ?? next }

    public func check(_ head: HTTPRequest.Head) -> Problem? { problem(head.fields) ?? next.check(head) }

    private func problem(_ fields: HTTPRequest.Fields) -> Problem? {
        do throws(Problem) {
            try hosts.check(fields)
            return nil
        } catch {
            return token?.isBearer(in: fields) == true ? nil : error
        }
    }
}

/// A page that asks for the token, as `Bearer` or as the password that a browser asks its user for.
public struct ProtectedPage: HTTPRouter {
    private let token: BearerToken
    private let page: any HTTPHandler

    public init(_ page: any HTTPHandler, token: BearerToken) {
        self.page = page
        self.token = token
    }

    public func route(_ request: HTTPRequest) -> any HTTPHandler {
        guard token.isBearer(in: request.fields) || token.isPassword(in: request.fields) else {
            return Problem(
                .unauthorized, "the token is missing or wrong",
                advice: "Authorization: Bearer TOKEN, or the token as the password of any user",
                headers: [HTTPHeader("WWW-Authenticate", "Bearer realm=\"bgdemo\", Basic realm=\"bgdemo\"")])
        }
        return page
    }
}
