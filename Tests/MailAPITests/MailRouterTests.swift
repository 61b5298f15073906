@testable import BgdemoHTTPServer
@testable import BgdemoMailAPI
import Testing

@Suite struct MailRouterTests {
    private let strategy = RecordingStrategy()
    private var router: MailRouter {
        MailRouter(
            pages: [
                "/": HomePage(strategy: "foreground", summary: "it waits", links: [("metrics", "/metrics")]),
                "/healthz": PageHandler { _ in HTTPResponse(.ok, .json, "{}") },
            ],
            mails: MailRoute(strategy))
    }

    @Test("The home page is a form for a browser and usage for curl")
    func home() async {
        let browser = await router.respond(to: .get("/") { $0.accept = "text/html,*/*;q=0.8" })
        let curl = await router.respond(
            to: .get("/") {
                $0.accept = "*/*"
                $0.host = "localhost:8080"
            })
        #expect(browser.type == .html)
        #expect(browser.text.contains("<form method=\"post\""))
        #expect(browser.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
        #expect(curl.type == .text)
        #expect(curl.text.contains("curl http://localhost:8080/you@example.org/"))
    }

    @Test("Pages are found with and without a query; an icon is not")
    func pages() async {
        #expect(await router.respond(to: .get("/healthz")).status == .ok)
        #expect(await router.respond(to: .get("/healthz?x=1")).status == .ok)
        #expect(await router.respond(to: .get("/favicon.ico")).status == .notFound)
        #expect(await router.respond(to: .get("/unknown")).status == .badRequest)
    }

    @Test("Another method is 405 with Allow, OPTIONS says the same")
    func methods() async {
        for (target, allow) in [("/", "GET, HEAD, POST, OPTIONS"), ("/a@b.example/s/t", "GET, HEAD, OPTIONS")] {
            let put = await router.respond(to: HTTPRequest.get(target).with(.other))
            let options = await router.respond(to: HTTPRequest.get(target).with(.options))
            #expect(put.status == .methodNotAllowed)
            #expect(put.header("Allow") == allow)
            #expect(options.status == .noContent)
            #expect(options.header("Allow") == allow)
        }
        #expect(await router.respond(to: HTTPRequest.get("/a@b.example/s/t").with(.post)).status == .methodNotAllowed)
        #expect(strategy.accepted.isEmpty)
    }

    @Test("A body is not read of a request that its head refuses, nor a long one that nobody needs")
    func bodies() {
        var access = AccessPolicy()
        access.token = BearerToken("secret")
        let router = MailRouter(
            pages: ["/healthz": PageHandler { _ in HTTPResponse(.ok, .json, "{}") }],
            mails: MailRoute(strategy, access: access))
        func status(
            _ method: HTTPRequest.Method, _ target: String, _ change: (inout HTTPRequest.Fields) -> Void
        ) -> Int? {
            router.check(HTTPRequest.get(target, change).with(method).head)?.status.code
        }
        let long = { (fields: inout HTTPRequest.Fields) in fields.contentLength = "4194304" }
        let mail = "/a@b.example/s/t"
        for method in [HTTPRequest.Method.get, .head] {
            #expect(status(method, mail, long) == 401)
            #expect(status(method, mail) { $0.contentLength = "1" } == 401)
            let lengths: [(String, Int?)] = [("1", nil), ("16384", nil), ("16385", 413), ("4194304", 413)]
            for (length, code) in lengths {
                let head = { (fields: inout HTTPRequest.Fields) in
                    fields.authorization = "Bearer secret"
                    fields.contentLength = length
                }
                #expect(status(method, mail, head) == code)
                #expect(status(method, "/healthz?x") { $0.contentLength = length } == code)
            }
            #expect(status(method, "/healthz") { $0.transferEncoding = "chunked" } == 413)
        }
        #expect(status(.options, "/", long) == 413)
        #expect(status(.post, "/", long) == 401)
        let allowed = { (fields: inout HTTPRequest.Fields) in
            long(&fields)
            fields.authorization = "Bearer secret"
        }
        #expect(status(.post, "/", allowed) == nil)
    }
}
