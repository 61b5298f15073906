import Foundation
import RedisClient
import BgdemoTestSupport
import Testing

@Suite("rediss://", .timeLimit(.minutes(1)))
struct RedisTLSTests {
    @Test("The connection is encrypted; a certificate that is not trusted, or for another name, ends it")
    func verified() async throws {
        try await withTemporaryFolder { folder in
            let certificate = try await TestCertificate(names: ["DNS:localhost"], in: folder)
            let port = try await freePort()
            let arguments = [
                "--tls-port", "\(port)", "--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key,
                "--tls-auth-clients", "no",
            ]
            try await withRedisServer(arguments, onPort: true) { server in
                let trusting = try connection("rediss://localhost:\(port)") { $0.caFile = certificate.certificate }
                #expect(try await trusting.send("ECHO", "secret").text == "secret")
                let bytes = String(repeating: "x", count: 1 << 20)
                #expect(try await trusting.send("ECHO", bytes).text == bytes)

                /// Returns when commands fail with this.
                func hear(_ complaint: String, from url: String, trusting caFile: String? = nil) async throws {
                    let redis = try connection(url) {
                        $0.caFile = caFile
                        $0.unavailableTimeout = .milliseconds(50)
                        $0.connectTimeout = .milliseconds(500)
                    }
                    try await until {
                        guard case .unavailable(let why)? = await failure({ try await redis.send("PING") }) else {
                            Issue.record("a Redis that is not the one was spoken to")
                            return true
                        }
                        return why.contains(complaint)
                    }
                }
                try await hear("certificate is not trusted", from: "rediss://localhost:\(port)")
                try await hear(
                    "certificate is for another name", from: "rediss://127.0.0.1:\(port)",
                    trusting: certificate.certificate)
                try await hear("may not speak TLS", from: "rediss://localhost:\(server.port)")
                let early = try connection("rediss://localhost:\(server.port)") {
                    $0.unavailableTimeout = .milliseconds(500)
                }
                let first = await failure { try await early.send("PING") }
                #expect(first.map { "\($0)" }?.contains("may not speak TLS") == true, "\(String(describing: first))")
                try await hear("may want TLS", from: "redis://localhost:\(port)")
                try await hear("/nowhere.pem", from: "rediss://localhost:\(port)", trusting: "/nowhere.pem")
            }
        }
    }

    @Test("A server that asks for the client's certificate gets it; without one, the error says so")
    func clientCertificate() async throws {
        try await withTemporaryFolder { folder in
            let certificate = try await TestCertificate(names: ["DNS:localhost"], in: folder)
            let otherFolder = folder.appending(path: "other")
            try FileManager.default.createDirectory(at: otherFolder, withIntermediateDirectories: false)
            let other = try await TestCertificate(names: ["DNS:localhost"], in: otherFolder)
            let port = try await freePort()
            let arguments = [
                "--tls-port", "\(port)", "--tls-cert-file", certificate.certificate, "--tls-key-file", certificate.key,
                "--tls-ca-cert-file", certificate.certificate, "--tls-auth-clients", "yes",
            ]
            try await withRedisServer(arguments) { _ in
                let redis = try connection("rediss://localhost:\(port)") {
                    ($0.caFile, $0.certificateFile) = (certificate.certificate, certificate.certificate)
                    $0.privateKeyFile = certificate.key
                }
                #expect(try await redis.send("ECHO", "secret").text == "secret")
                for (file, key, complaint) in [
                    (nil, nil, "the server requires a certificate of the client"),
                    ("/nowhere.pem", nil, "/nowhere.pem is no file of PEM certificates that can be read"),
                    (certificate.certificate, nil, "is no file with a PEM key that can be read"),
                    (certificate.certificate, other.key, "the key in \(other.key) is not that of the certificate"),
                ] as [(String?, String?, String)] {
                    let refused = try connection("rediss://localhost:\(port)") {
                        ($0.caFile, $0.certificateFile, $0.privateKeyFile) = (certificate.certificate, file, key)
                        $0.unavailableTimeout = .milliseconds(200)
                    }
                    try await until {
                        guard let error = await failure({ try await refused.send("PING") }) else { return false }
                        return "\(error)".contains(complaint)
                    }
                }
            }
        }
    }
}
