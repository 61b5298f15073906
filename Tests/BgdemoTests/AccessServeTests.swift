import BgdemoTestSupport
import Foundation
import Subprocess
import NIOCore
import Testing

@Suite("Beyond loopback", .timeLimit(.minutes(3)))
struct AccessServeTests {
    private static let serve = ["serve", "--port", "0", "--smtp-url", "discard:", "--host", "0.0.0.0"]
    private static let token = ["BGDEMO_TOKEN": "secret"]
    private static let bearer = ["Authorization: Bearer secret"]

    @Test("The page and /metrics require the token, /healthz and /readyz do not")
    func pages() async throws {
        _ = try await withProgram(Self.serve, environment: Self.token) { program in
            let port = try await program.port()
            for path in ["/", "/metrics"] {
                let response = try await fetch(path, port: port)
                #expect(response.status == 401)
                #expect(response["www-authenticate"]?.contains("Bearer") == true)
                #expect(try await fetch(path, port: port, headers: Self.bearer).status == 200)
            }
            for path in ["/healthz", "/readyz"] { #expect(try await fetch(path, port: port).status == 200) }
        }
    }

    @Test("/metrics asks for no token where --metrics-without-token says so")
    func metricsWithoutToken() async throws {
        _ = try await withProgram(Self.serve + ["--metrics-without-token"], environment: Self.token) { program in
            let port = try await program.port()
            #expect(try await fetch("/metrics", port: port).status == 200)
            #expect(try await fetch("/", port: port).status == 401)
        }
    }

    @Test("A recipient list without a pattern is refused at start", arguments: [",", " , ", ",,", " "])
    func emptyRecipients(list: String) async throws {
        for (arguments, environment) in [
            (Self.serve + ["--allow-recipient", list], [:]), (Self.serve, ["BGDEMO_ALLOW_RECIPIENT": list]),
        ] {
            let (lines, status) = try await withProgram(arguments, environment: environment) { program in
                try await program.end()
                return program.lines.joined(separator: " ")
            }
            #expect(lines.contains("--allow-recipient"), "\(lines)")
            #expect(status == .exited(64))
        }
    }

    @Test("The inbox listens beyond loopback only with --anyone-may-send, and checks Host")
    func inbox() async throws {
        let inbox = ["inbox", "--port", "0", "--page-port", "0", "--host", "0.0.0.0"]
        let (lines, status) = try await withProgram(inbox) { program in
            try await program.end()
            return program.lines.joined(separator: " ")
        }
        #expect(lines.contains("--anyone-may-send"))
        #expect(status == .exited(64))
        _ = try await withProgram(inbox + ["--anyone-may-send", "--public-host", "mail.example"]) { program in
            let port = try await program.port(after: "page")
            for host in ["localhost", "192.0.2.1:8025", "inbox", "mail.example"] {
                #expect(try await fetch("/", port: port, host: host).status == 200)
            }
            #expect(try await fetch("/", port: port, host: "evil.example").status == 403)
        }
        _ = try await withProgram(inbox, environment: Self.token) { program in
            let port = try await program.port(after: "page")
            #expect(try await fetch("/", port: port).status == 401)
            #expect(try await fetch("/", port: port, headers: Self.bearer).status == 200)
        }
    }

    @Test(
        "400 unfinished request bodies take less than 256 MB, without a token and with one",
        .disabled(
            if: ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil, "Address Sanitizer keeps what is freed"))
    func unfinishedBodies() async throws {
        for headers in [[], Self.bearer] {
            _ = try await withProgram(Self.serve, environment: Self.token) { program in
                let port = try await program.port()
                let head = (["POST / HTTP/1.1", "Host: localhost", "Content-Length: 4000000"] + headers)
                    .map { "\($0)\r\n" }.joined()
                let body = ByteBuffer(string: head + "\r\n" + String(repeating: "x", count: 1_900_000))
                var clients: [RawClient] = []
                for _ in 0..<400 {
                    let client = try await RawClient.connect(port: port)
                    // The server may read no more of it, so its end is not awaited.
                    client.begin(sending: body)
                    clients.append(client)
                }
                var megabytes = 0
                for _ in 0..<20 {
                    #expect(try await fetch("/healthz", port: port).status == 200)
                    megabytes = max(megabytes, try residentMegabytes(program.pid))
                    try await Task.sleep(for: .milliseconds(100))
                }
                #expect(megabytes < 256)
                for client in clients { await client.close() }
            }
        }
    }

    private func residentMegabytes(_ pid: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(Int(line.filter(\.isNumber))) / 1024
    }
}
