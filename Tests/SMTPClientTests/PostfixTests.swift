import BgdemoEmail
import BgdemoTestSupport
import Foundation
import Logging
import NIOCore
import Testing

@testable import BgdemoSMTPClient

/// Postfix with STARTTLS, and Dovecot for its logins, as they stand at a provider's. `./setup test` installs both.
@Suite("A real Postfix with Dovecot's logins", .timeLimit(.minutes(2)), .serialized)
struct PostfixTests {
    @Test(
        "Postfix takes mails by each login mechanism and refuses bad recipients",
        .enabled(if: isRoot, "Postfix starts as root alone"))
    func mails() async throws {
        try await withServers { server in
            for authentication in [SMTPAuthentication.automatic, .only(.plain), .only(.login), .only(.cramMD5)] {
                try await withClient(of: server, authentication: authentication) { client in
                    for number in 1...3 {
                        let outcome = await client.post(number)
                        #expect(outcome.isSent, "\(authentication): \(outcome)")
                    }
                    let capabilities = try await client.probe().get()
                    #expect(capabilities.isEncrypted && capabilities.mechanisms.count == 3)
                }
            }
        }
    }

    @Test(
        "A wrong password, a missing login and a bad EHLO name leave the mails for later",
        .enabled(if: isRoot, "Postfix starts as root alone"))
    func sessions() async throws {
        try await withServers { server in
            try await withClient(of: server, password: "wrong") { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary" && outcome.failure?.code == 535, "\(outcome)")
                #expect(client.sessionFailure?.stage == .auth)
            }
            // Postfix asks for TLS with 530 at MAIL.
            try await withClient(of: server, authentication: .disabled, tls: .off) { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary" && outcome.failure?.code == 530, "\(outcome)")
                #expect(outcome.failure?.concernsSession == true)
            }
        }
    }

    @Test(
        "A mail past Postfix's size limit is permanent, and the next goes over the same connection",
        .enabled(if: isRoot, "Postfix starts as root alone"))
    func refusals() async throws {
        try await withServers { server in
            try await withClient(of: server) { client in
                let large = await client.post(text: String(repeating: "x", count: 30_000))
                #expect(large.name == "permanent", "\(large)")
                // The connection is good for the next mail.
                #expect(await client.post().isSent)
            }
        }
    }

    @Test(
        "A mail that Postfix' policy service greylists is temporary, no fault of the session, and goes the next time",
        .enabled(if: isRoot, "Postfix starts as root alone"))
    func greylisting() async throws {
        let asked = Watched(0)
        // SMTPD_POLICY_README: a request ends with an empty line, and so does its answer.
        let policy = try await ScriptedRedis.start { _, request in
            let isFirst = asked.change { asked in
                asked += 1
                return asked == 1
            }
            return ByteBuffer(string: "action=\(isFirst ? "defer_if_permit Greylisted, come again" : "dunno")\n\n")
        }
        try await withServers(policyPort: policy.port) { server in
            try await withClient(of: server) { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary" && outcome.failure?.code == 450, "\(outcome)")
                #expect(outcome.failure?.reason.contains("Greylisted") == true)
                #expect(outcome.failure?.concernsSession == false)
                #expect(await client.post().isSent)
            }
        }
        try await policy.close()
    }

    // MARK: - The servers

    private func withServers(
        policyPort: Int? = nil, _ body: @Sendable @escaping (MailServer) async throws -> Void
    ) async throws {
        let (port, login) = (try await freePort(), try await freePort())
        // Short, for the path of a socket has 103 bytes at most.
        let folder = URL(filePath: "/tmp/bgdemo-postfix-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["etc", "spool", "dovecot"] {
            try FileManager.default.createDirectory(
                at: folder.appending(path: name), withIntermediateDirectories: true)
        }
        let certificate = try await TestCertificate(in: folder)
        try write(main(folder.path, certificate, policyPort), folder, "etc/main.cf")
        try write(master(port), folder, "etc/master.cf")
        try write(dovecot(folder.path, login), folder, "dovecot.conf")
        try await withExternalServer(
            "/usr/sbin/dovecot", ["-F", "-c", folder.appending(path: "dovecot.conf").path], port: login
        ) {
            try await withExternalServer(
                "/usr/sbin/postfix", ["-c", folder.appending(path: "etc").path, "start-fg"], port: port
            ) {
                try await body(MailServer(port: port, certificate: certificate.certificate))
            }
        }
    }

    private func write(_ text: String, _ folder: URL, _ name: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }

    private func main(_ folder: String, _ certificate: TestCertificate, _ policyPort: Int?) -> String {
        let policy = policyPort.map { "check_policy_service inet:127.0.0.1:\($0), " } ?? ""
        return """
            compatibility_level = 3.6
            queue_directory = \(folder)/spool
            data_directory = \(folder)/data
            maillog_file = /dev/stdout
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = mail.example.org
            mydestination =
            mynetworks =
            default_transport = discard:
            relay_transport = discard:
            alias_maps =
            alias_database =
            smtpd_sasl_auth_enable = yes
            smtpd_sasl_type = dovecot
            smtpd_sasl_path = \(folder)/auth
            smtpd_tls_cert_file = \(certificate.certificate)
            smtpd_tls_key_file = \(certificate.key)
            smtpd_tls_security_level = encrypt
            smtpd_helo_required = yes
            smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname
            smtpd_recipient_restrictions = \(policy)permit_sasl_authenticated, reject
            message_size_limit = 20000
            smtpd_error_sleep_time = 0

            """
    }

    private func master(_ port: Int) -> String {
        """
        127.0.0.1:\(port) inet n - n - - smtpd
        pickup unix n - n 60 1 pickup
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        proxymap unix - - n - - proxymap
        anvil unix - - n - 1 anvil
        scache unix - - n - 1 scache
        tlsmgr unix - - n 1000? 1 tlsmgr
        postlog unix-dgram n - n - 1 postlogd

        """
    }

    private func dovecot(_ folder: String, _ port: Int) -> String {
        """
        base_dir = \(folder)/dovecot
        state_dir = \(folder)/dovecot
        log_path = /dev/stderr
        protocols =
        ssl = no
        disable_plaintext_auth = no
        auth_mechanisms = plain login cram-md5
        auth_failure_delay = 0
        passdb {
          driver = static
          args = password=secret
        }
        userdb {
          driver = static
          args = uid=nobody gid=nogroup home=/tmp
        }
        service auth {
          unix_listener \(folder)/auth {
            mode = 0666
          }
          inet_listener {
            address = 127.0.0.1
            port = \(port)
          }
        }

        """
    }
}
