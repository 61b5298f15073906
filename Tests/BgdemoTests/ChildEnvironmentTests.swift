import BgdemoTestSupport
import Foundation
import Testing

#if os(Linux)
    @Suite("The environment of the children of local", .timeLimit(.minutes(1)))
    struct ChildEnvironmentTests {
        private static let secrets = [
            "BGDEMO_TOKEN": "word-of-the-web", "SMTP_PASSWORD": "word-of-the-mail",
            "REDIS_URL": "redis://:word-of-others@127.0.0.1:1", "INBOX_PASSWORD": "word-of-others",
        ]

        @Test("The web server knows no password of the mail server, the worker no token, and neither those of others")
        func secrets() async throws {
            let arguments = [
                "serve", "--strategy", "local", "--port", "0", "--workers", "1",
                "--smtp-url", "smtp://user:word-in-the-url@127.0.0.1:1", "--smtp-tls", "off",
            ]
            _ = try await withProgram(arguments, environment: Self.secrets) { program in
                _ = try await program.port()
                let server = try await Self.child("web server", of: program.pid)
                let worker = try await Self.child("email worker", of: program.pid)
                #expect(server.contains("word-of-the-web"))
                #expect(worker.contains("word-of-the-mail"))
                for word in ["word-of-the-mail", "word-in-the-url", "word-of-others"] {
                    #expect(!server.contains(word))
                }
                for word in ["word-of-the-web", "word-of-others"] { #expect(!worker.contains(word)) }
            }
        }

        /// The variables of a child, once it is there.
        private static func child(_ name: String, of parent: Int32) async throws -> String {
            while true {
                if let child = try children(of: parent).first(where: { $0.contains("BGDEMO_CHILD=\(name)") }) {
                    return child
                }
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        /// What `/proc` says of the variables of each child.
        private static func children(of parent: Int32) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.compactMap { pid in
                let stat = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
                guard let name = stat.lastIndex(of: ")"),
                    stat[name...].split(separator: " ").dropFirst(2).first == "\(parent)"
                else { return nil }
                return FileManager.default.contents(atPath: "/proc/\(pid)/environ").map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
        }
    }
#endif
