import BgdemoEmail
import BgdemoTestSupport
import Foundation
import Testing

@testable import BgdemoSMTPClient

/// Exim with STARTTLS and logins of its own. `./setup test` unpacks it into .build/exim.
@Suite("A real Exim", .timeLimit(.minutes(2)), .enabled(if: isLinux && isRoot, "Exim starts as root alone, on Linux"))
struct EximTests {
    @Test("Exim takes mails by each of its login mechanisms, and delivers them")
    func mails() async throws {
        try await withExim { server, folder in
            for authentication in [SMTPAuthentication.automatic, .only(.plain), .only(.login)] {
                try await withClient(of: server, authentication: authentication) { client in
                    for number in 1...3 {
                        let outcome = await client.post(number, text: "by \(authentication)\n")
                        #expect(outcome.isSent, "\(authentication): \(outcome)")
                    }
                    let capabilities = try await client.probe().get()
                    #expect(capabilities.isEncrypted && capabilities.mechanisms.count == 2)
                }
            }
            // It delivers after it has answered.
            var box = ""
            while box.components(separatedBy: "\nMessage-ID:").count < 10 {
                try await Task.sleep(for: .milliseconds(20))
                box = (try? String(contentsOf: folder.appending(path: "spool/box"), encoding: .utf8)) ?? ""
            }
            #expect(box.contains("by only"))
        }
    }

    @Test("A wrong password and a missing login leave the mails for later")
    func sessions() async throws {
        try await withExim { server, _ in
            for authentication in [SMTPAuthentication.automatic, .only(.plain), .only(.login)] {
                try await withClient(of: server, password: "wrong", authentication: authentication) { client in
                    let outcome = await client.post()
                    #expect(outcome.name == "temporary" && outcome.failure?.code == 535, "\(outcome)")
                    #expect(client.sessionFailure?.stage == .auth)
                }
            }
            try await withClient(of: server, authentication: .disabled) { client in
                let outcome = await client.post()
                #expect(outcome.name == "temporary" && outcome.failure?.code == 530, "\(outcome)")
                #expect(outcome.failure?.concernsSession == true)
            }
        }
    }

    @Test("A greylisted mail is temporary, no fault of the session, and goes the next time; one too large is permanent")
    func refusals() async throws {
        try await withExim { server, folder in
            try await withClient(of: server) { client in
                let first = await client.post(to: "grey@example.org")
                #expect(first.name == "temporary" && first.failure?.code == 451, "\(first)")
                #expect(first.failure?.reason.contains("Greylisted") == true)
                #expect(first.failure?.concernsSession == false)
                try Data().write(to: folder.appending(path: "seen"))
                #expect(await client.post(to: "grey@example.org").isSent)
                let large = await client.post(text: String(repeating: "x", count: 30_000))
                #expect(large.name == "permanent", "\(large)")
                // The connection is good for the next mail.
                #expect(await client.post().isSent)
            }
        }
    }

    // MARK: - The server

    private func withExim(_ body: @Sendable @escaping (MailServer, _ folder: URL) async throws -> Void) async throws {
        let exim = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".build/exim")
        guard FileManager.default.isExecutableFile(atPath: exim.appending(path: "usr/sbin/exim4").path) else {
            throw ExternalServerFailure(description: "there is no Exim in .build/exim: ./setup test unpacks it")
        }
        let port = try await freePort()
        // Its user, who is none of the machine's, writes there.
        let folder = URL(filePath: "/tmp/bgdemo-exim-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "spool"), withIntermediateDirectories: true)
        let certificate = try await TestCertificate(in: folder)
        try Data(configuration(folder.path, exim.path, certificate, port).utf8)
            .write(to: folder.appending(path: "exim.conf"))
        // Debian's Exim asks for its user by name: in a namespace of its own there is one.
        let script = """
            cd "$1" && chmod -R a+rX . && chmod 777 . spool
            for file in passwd group; do cp /etc/$file . || exit; done
            echo 'Debian-exim:x:64999:64999::/nonexistent:/bin/false' >>passwd
            echo 'Debian-exim:x:64999:' >>group
            mount --bind passwd /etc/passwd && mount --bind group /etc/group || exit
            export LD_LIBRARY_PATH="$(echo "$0"/usr/lib/*-linux-gnu)"
            exec "$0"/usr/sbin/exim4 -C "$1"/exim.conf -bdf
            """
        try await withExternalServer(
            "/usr/bin/unshare", ["--mount", "sh", "-c", script, exim.path, folder.path], port: port
        ) { try await body(MailServer(port: port, certificate: certificate.certificate), folder) }
    }

    private func configuration(_ folder: String, _ exim: String, _ certificate: TestCertificate, _ port: Int) -> String
    {
        """
        primary_hostname = mail.example.org
        exim_path = \(exim)/usr/sbin/exim4
        keep_environment = LD_LIBRARY_PATH
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = \(port)
        spool_directory = \(folder)/spool
        log_file_path = \(folder)/spool/%s.log
        pid_file_path = \(folder)/spool/pid
        message_size_limit = 20000
        tls_advertise_hosts = *
        tls_certificate = \(certificate.certificate)
        tls_privatekey = \(certificate.key)
        auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
        acl_smtp_mail = mail
        acl_smtp_rcpt = rcpt
        acl_smtp_data = accept
        deliver_drop_privilege = true
        begin acl
        mail:
          accept authenticated = *
          deny message = 530 5.7.0 Authentication required
        rcpt:
          defer message = Greylisted, come again
            condition = ${if eq{$local_part}{grey}}
            !condition = ${if exists{\(folder)/seen}}
          accept
        begin routers
        all:
          driver = accept
          transport = box
        begin transports
        box:
          driver = appendfile
          file = \(folder)/spool/box
          user = Debian-exim
        begin authenticators
        PLAIN:
          driver = plaintext
          public_name = PLAIN
          server_prompts = :
          server_condition = ${if and{{eq{$auth2}{bob}}{eq{$auth3}{secret}}}}
          server_set_id = $auth2
        LOGIN:
          driver = plaintext
          public_name = LOGIN
          server_prompts = Username:: : Password::
          server_condition = ${if and{{eq{$auth1}{bob}}{eq{$auth2}{secret}}}}
          server_set_id = $auth1

        """
    }
}
