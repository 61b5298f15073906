import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import Testing

@Suite("Behind a proxy that keeps the Host", .serialized, .timeLimit(.minutes(2)))
struct ProxyTests {
    private enum Proxy: CaseIterable { case nginx, haproxy }

    @Test("The Host of --public-host is answered and no other; a token lifts the check", arguments: Proxy.allCases)
    private func hosts(proxy: Proxy) async throws {
        let path = "/you@example.org/hello/it-works"
        let named = ["serve", "--port", "0", "--smtp-url", "discard:", "--public-host", "mail.example"]
        try await withProxy(proxy, before: named + ["--public-host", "other.example"]) { port in
            for host in ["mail.example", "MAIL.example:8443", "other.example", "localhost"] {
                let response = try await fetch(path, port: port, host: host)
                #expect(response.status == 200, "\(host): \(response.text)")
            }
            #expect(try await fetch(path, port: port, host: "evil.example").status == 403)
            let form = try await fetch(
                "/", port: port, method: "POST", host: "mail.example",
                headers: ["Origin: https://mail.example", "Content-Type: application/x-www-form-urlencoded"],
                body: "to=you@example.org&subject=s&text=t")
            #expect(form.status == 200, "\(form.text)")
            let crossSite = try await fetch(
                "/", port: port, method: "POST", host: "mail.example",
                headers: ["Origin: https://evil.example", "Content-Type: application/x-www-form-urlencoded"],
                body: "to=you@example.org&subject=s&text=t")
            #expect(crossSite.status == 403)
        }
        try await withProxy(
            proxy, before: ["serve", "--port", "0", "--smtp-url", "discard:"], environment: ["BGDEMO_TOKEN": "secret"]
        ) { port async throws in
            #expect(try await fetch(path, port: port, host: "mail.example").status == 403)
            let headers = ["Authorization: Bearer secret", "Sec-Fetch-Site: cross-site"]
            #expect(try await fetch(path, port: port, host: "mail.example", headers: headers).status == 200)
        }
    }

    private func withProxy(
        _ proxy: Proxy, before arguments: [String], environment: [String: String] = [:],
        _ body: @Sendable @escaping (_ port: Int) async throws -> Void
    ) async throws {
        _ = try await withProgram(arguments, environment: environment) { program in
            let server = try await program.port()
            let port = try await freePort()
            try await withDirectory { folder in
                switch proxy {
                case .nginx:
                    let file = try write(Self.nginx(folder.string, port, server), "nginx.conf", in: folder.string)
                    try await withExternalServer(
                        "/usr/sbin/nginx", ["-c", file, "-p", folder.string, "-e", "\(folder)/error.log"], port: port
                    ) { try await body(port) }
                case .haproxy:
                    let file = try write(Self.haproxy(port, server), "haproxy.cfg", in: folder.string)
                    try await withExternalServer("/usr/sbin/haproxy", ["-db", "-f", file], port: port) {
                        try await body(port)
                    }
                }
            }
        }
    }

    private func write(_ text: String, _ name: String, in folder: String) throws -> String {
        let file = "\(folder)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    /// As docs/serve.md has it, in a folder of its own.
    private static func nginx(_ folder: String, _ port: Int, _ server: Int) -> String {
        """
        daemon off;
        user root;
        pid \(folder)/nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path \(folder)/body;
          proxy_temp_path \(folder)/proxy;
          fastcgi_temp_path \(folder)/fastcgi;
          uwsgi_temp_path \(folder)/uwsgi;
          scgi_temp_path \(folder)/scgi;
          server {
            listen 127.0.0.1:\(port);
            location / {
              proxy_pass http://127.0.0.1:\(server);
              proxy_set_header Host $http_host;
            }
          }
        }
        """
    }

    private static func haproxy(_ port: Int, _ server: Int) -> String {
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 30s
          timeout server 30s
        frontend web
          bind 127.0.0.1:\(port)
          default_backend bgdemo
        backend bgdemo
          server bgdemo 127.0.0.1:\(server)

        """
    }
}
