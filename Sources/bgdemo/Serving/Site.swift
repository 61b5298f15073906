import HTTP
import Mail
import Strategy
import Telemetry

/// What the web server answers, path by path.
struct Site: Sendable {
    let entry: Entry
    let strategy: any Strategy
    let access: Access
    let reporting: Reporting
    let inbox: String?

    var handler: any Handler {
        let links = (inbox.map { [("the inbox", $0)] } ?? []) + [("metrics", "/metrics")]
        return Router(
            pages: [
                "/": HomePage(strategy: entry.name, summary: entry.summary, links: links),
                "/healthz": Page { _ in Response(.ok, .json, "{\"status\":\"ok\"}\n") },
                "/readyz": Page { [strategy] _ in await Self.readiness(strategy) },
                "/metrics": Page { [reporting] _ in Response(.ok, .prometheus, reporting.numbers) },
            ],
            mails: MailRoute(strategy, access: access))
    }

    private static func readiness(_ strategy: any Strategy) async -> Response {
        do throws(Refusal) {
            try await strategy.check()
            return Response(.ok, .json, "{\"status\":\"ready\"}\n")
        } catch {
            return Problem(error).response
        }
    }

    /// Strategy, the URL to curl, Redis, mail, and the page.
    static func firstLine(_ entry: Entry, host: String, port: Int, post: Post, redis: RedisPlace?) -> String {
        let name = host == "0.0.0.0" ? "127.0.0.1" : host == "::" ? "[::1]" : host.contains(":") ? "[\(host)]" : host
        let url = "http://\(name):\(port)/"
        let page = post.page.map { " · inbox \($0)" } ?? ""
        let stores = redis.map { " · redis \($0.description)" } ?? ""
        let curl = "curl \(url)you@example.org/hello/it-works"
        return "bgdemo \(entry.name) · try: \(curl)\(stores) · mail \(post.description)\(page) · page \(url)"
    }
}
