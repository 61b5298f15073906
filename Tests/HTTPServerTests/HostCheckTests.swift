import Testing

@testable import BgdemoHTTPServer

@Suite struct HostCheckTests {
    private func isAnswered(_ host: String, by check: HostCheck) -> Bool {
        var fields = HTTPRequest.Fields()
        fields.host = host
        do throws(Problem) {
            try check.check(fields)
            return true
        } catch {
            #expect(error.status == .forbidden)
            return false
        }
    }

    @Test(
        "On loopback only this machine's names are answered to",
        arguments: [
            ("localhost", true), ("LOCALHOST:8080", true), ("x.localhost", true), ("127.0.0.1", true),
            ("127.9.9.9:1", true), ("[::1]:8080", true), ("::1", true), ("evil.example", false),
            ("127.0.0.1.evil.example", false), ("localhost.evil.example", false), ("192.168.0.1", false),
            ("[::2]", false), ("", false), ("127.0.0.1@evil.example", false), ("127.0.0.256", false),
            ("127.+1.0.1", false), ("mail.example", false),
        ])
    func loopback(host: String, isAnswered: Bool) {
        #expect(self.isAnswered(host, by: HostCheck(listeningOn: "127.0.0.1")) == isAnswered)
    }

    @Test(
        "On loopback the names of a proxy are answered to as well",
        arguments: [
            ("mail.example", true), ("Mail.Example:8443", true), ("other.example", true), ("localhost", true),
            ("evil.example", false), ("mail.example.evil.example", false), ("xmail.example", false),
        ])
    func publicHosts(host: String, isAnswered: Bool) {
        let check = HostCheck(listeningOn: "::1", publicHosts: ["MAIL.example", "other.example:443"])
        #expect(self.isAnswered(host, by: check) == isAnswered)
    }

    @Test(
        "Beyond loopback a name with a dot has to be known where the check is strict",
        arguments: [
            ("192.168.0.1:8025", true), ("[fe80::1]", true), ("inbox:8025", true), ("localhost", true),
            ("mail.example", true), ("evil.example", false), ("", false),
        ])
    func strict(host: String, isAnswered: Bool) {
        for check in [
            HostCheck(listeningOn: "0.0.0.0", publicHosts: ["mail.example"]),
            HostCheck(listeningOn: "0.0.0.0", publicHosts: ["mail.example"], isStrict: true),
        ] {
            #expect(self.isAnswered(host, by: check) == isAnswered)
        }
        #expect(self.isAnswered(host, by: HostCheck(listeningOn: "0.0.0.0")))
    }

    @Test("A request with the token is answered whatever its Host, and a page asks for the token in two ways")
    func token() async {
        let token = BearerToken("secret")
        let page = PageHandler { _ in HTTPResponse(.ok, .text, "page") }
        let guarded = RequestGuard(page, hosts: HostCheck(listeningOn: "127.0.0.1"), token: token)
        func status(_ handler: some HTTPHandler, _ authorization: String?) async -> Int {
            var fields = HTTPRequest.Fields()
            (fields.host, fields.authorization) = ("evil.example", authorization)
            let head = HTTPRequest.Head(method: .get, target: "/", minorVersion: 1, fields: fields, keepsAlive: true)
            return await handler.respond(to: HTTPRequest(head: head)).status.code
        }
        #expect(await status(guarded, nil) == 403)
        #expect(await status(guarded, "Bearer wrong") == 403)
        #expect(await status(guarded, "Bearer secret") == 200)
        // Browsers send a password by themselves, for a page of a stranger too.
        #expect(await status(guarded, "Basic YW55OnNlY3JldA==") == 403)
        let protected = ProtectedPage(page, token: token)
        #expect(await status(protected, nil) == 401)
        #expect(await status(protected, "Bearer secret") == 200)
        #expect(await status(protected, "Basic YW55OnNlY3JldA==") == 200)
        #expect(await status(protected, "basic OnNlY3JldA==") == 200)
        for wrong in ["Basic YW55OnNlY3JldHM=", "Basic secret", "Basic ", "Basic !", "Bearer YW55OnNlY3JldA=="] {
            #expect(await status(protected, wrong) == 401)
        }
    }
}
