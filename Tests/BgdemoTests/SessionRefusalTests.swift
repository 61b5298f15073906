import BgdemoTestSupport
import Foundation
import NIOSSL
import Testing

/// What a mail server says of the session is not the mail's: the mail waits, keeps its attempts, and goes when the cause is
/// gone.
@Suite("A mail server that refuses the session", .timeLimit(.minutes(2)))
struct SessionRefusalTests {
    enum Refusal: String, CaseIterable {
        case password = "535 5.7.8 wrong password"
        case loginRequired = "530 5.7.0 log in first"
        case banner = "554 not now"
        case closing = "421 closing"
        case certificate
    }

    /// Enough for a mail with two attempts to be given up, if they counted.
    private static let sessions = 4

    static let cases: [(strategy: String, refusal: Refusal)] =
        Refusal.allCases.map { ("resque", $0) }
        + ["eventr", "queuebus", "local", "pubsub"].flatMap { [($0, .password), ($0, .banner)] }

    @Test("costs a mail no attempt, is said once, and the mail goes when the cause is gone", arguments: cases)
    func waits(strategy: String, refusal: Refusal) async throws {
        try await withDirectory { folder in
            let (password, authorities) = ("\(folder)/password", "\(folder)/authorities.pem")
            try Data("old".utf8).write(to: URL(filePath: password), options: .atomic)
            let right = try await certificate("right", in: "\(folder)")
            try copy(try await certificate("wrong", in: "\(folder)").certificate, to: authorities)
            let isWell = Watched(false)
            let isEncrypted = refusal == .certificate
            let new = "AUTH PLAIN " + Data("\0me\0new".utf8).base64EncodedString()
            let server = try await ScriptedSMTPServer.start(
                extensions: ["AUTH PLAIN"], tls: isEncrypted ? try context(right) : nil, isTLSFirst: isEncrypted
            ) { place in
                switch (refusal, place.point) {
                case (.password, .auth): place.line == new ? nil : .say(refusal.rawValue)
                case (.loginRequired, .mail): isWell.value ? nil : .say(refusal.rawValue)
                case (.banner, .banner), (.closing, .rcpt): isWell.value ? nil : .sayAndCut(refusal.rawValue)
                default: nil
                }
            }
            let url = "\(isEncrypted ? "smtps" : "smtp")://me@localhost:\(server.port)"
            try await withRedisServer { redis in
                _ = try await withProgram(
                    [
                        "serve", "--strategy", strategy, "--port", "0", "--smtp-url", url, "--attempts", "2",
                        "--retry-delay", "10ms", "--smtp-ca-file", authorities, "--smtp-connections", "1",
                    ] + (isEncrypted ? [] : ["--smtp-tls", "off"])
                        + (strategy == "local" ? [] : ["--redis-url", redis.url]),
                    environment: ["SMTP_PASSWORD_FILE": password]
                ) { program in
                    let web = try await program.port()
                    #expect(try await fetch("/you@example.org/s/t", port: web).status == 200)
                    // A second mail waits as the first does.
                    #expect(try await fetch("/me@example.org/s/t", port: web).status == 200)
                    try await server.heard.wait { heard in
                        heard.count + heard.flatMap(\.commands).count { $0.hasPrefix("MAIL") } >= 2 * Self.sessions
                    }
                    #expect(try await fetch("/readyz", port: web).status == (strategy == "local" ? 200 : 503))
                    try Data("new".utf8).write(to: URL(filePath: password), options: .atomic)
                    try copy(right.certificate, to: authorities)
                    isWell.change { $0 = true }
                    try await server.heard.wait { $0.flatMap(\.texts).count >= 2 }
                    let said = program.lines.filter { $0.contains("The mail server can't be used") }
                    #expect(said.count == 1, "\(program.lines)")
                    #expect(!program.lines.contains { $0.contains("Failed to send") || $0.contains("reEnqueue") })
                }
            }
            try await server.close()
        }
    }

    private func certificate(_ name: String, in folder: String) async throws -> TestCertificate {
        let folder = URL(filePath: folder).appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try await TestCertificate(in: folder)
    }

    private func copy(_ file: String, to other: String) throws {
        try Data(contentsOf: URL(filePath: file)).write(to: URL(filePath: other), options: .atomic)
    }

    private func context(_ certificate: TestCertificate) throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificate.certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: certificate.key, format: .pem))))
    }
}
