public import Foundation
import BgdemoSystemCompat
import Subprocess

/// A self-signed certificate and its key, made for one test by `openssl req`, in a folder that goes with the test.
public struct TestCertificate: Sendable {
    /// PEM files.
    public let certificate: String
    public let key: String

    /// Why there is none.
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// - Parameter names: As X.509 writes them: `DNS:localhost`, `IP:127.0.0.1`.
    public init(names: [String] = ["DNS:localhost", "IP:127.0.0.1"], in folder: URL) async throws {
        certificate = folder.appending(path: "certificate.pem").path
        key = folder.appending(path: "key.pem").path
        let result = try await run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=\(names.joined(separator: ","))", "-out", certificate,
                "-keyout", key,
            ], output: .discarded, error: .string(limit: 65_536))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "openssl made no certificate: \(result.standardError)")
        }
    }
}

/// A new folder for as long as `body` runs.
public func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bgdemo-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
