import BgdemoSMTPInbox
import BgdemoSystemCompat
import BgdemoTestSupport
import Foundation
import NIOPosix
import Testing

/// Postfix as it comes, with example.org for its own domain and this machine trusted, reads `%` and `!` before the @ as a
/// route to another host.
@Suite("While recipients are restricted, no address leads around Postfix's domain", .timeLimit(.minutes(2)))
struct PostfixRouteTests {
    private static let routes = [
        "victim%25victim.test@example.org", "victim.test!bang@example.org", "%22quoted@victim.test%22@example.org",
        "%22qp%25victim.test%22@example.org", "%22@relay.test:route@victim.test%22@example.org",
    ]

    @Test(
        "An address that Postfix reads as a route is refused",
        .enabled(if: getuid() == 0, "Postfix starts as root alone"))
    func routes() async throws {
        let inbox = try await Inbox.start(
            group: MultiThreadedEventLoopGroup.singleton.next(), logger: .silentInTests)
        let arrivals = inbox.arrivals()
        try await withPostfix(relayingTo: inbox.port) { port in
            let serve = ["serve", "--port", "0", "--smtp-url", "smtp://127.0.0.1:\(port)?tls=off"]
            _ = try await withProgram(serve + ["--allow-recipient", "*@example.org"]) { program in
                let web = try await program.port()
                for to in Self.routes {
                    let response = try await fetch("/\(to)/s/restricted", port: web)
                    #expect(response.status == 403, "\(to): \(response.text)")
                    #expect(response.text.contains("route"))
                }
                #expect(try await fetch("/you@example.org/s/restricted", port: web).status == 200)
            }
            // Postfix does relay them: what is refused above is no theory.
            _ = try await withProgram(serve) { program in
                let web = try await program.port()
                for to in Self.routes { #expect(try await fetch("/\(to)/s/open", port: web).status == 200) }
            }
            var recipients: [String] = []
            for await mail in arrivals {
                recipients += mail.recipients
                if recipients.count == Self.routes.count { break }
            }
            #expect(
                recipients.allSatisfy { $0.hasSuffix("@victim.test") || $0.hasSuffix("@relay.test") }, "\(recipients)")
        }
        await inbox.stop()
    }

    private func withPostfix(relayingTo relay: Int, _ body: @Sendable @escaping (_ port: Int) async throws -> Void)
        async throws
    {
        let port = try await freePort()
        try await withDirectory { folder in
            for name in ["etc", "spool"] {
                try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            try Self.main(folder.string, relay).write(
                toFile: "\(folder)/etc/main.cf", atomically: true, encoding: .utf8)
            try Self.master(port).write(toFile: "\(folder)/etc/master.cf", atomically: true, encoding: .utf8)
            // `postfix start-fg` leaves its master behind when it is ended.
            let start =
                #"postfix -c "$0" check && exec "$(postconf -c "$0" -h daemon_directory)/master" -s -c "$0""#
            try await withExternalServer("/bin/sh", ["-c", start, "\(folder)/etc"], port: port) {
                try await body(port)
            }
        }
    }

    private static func main(_ folder: String, _ relay: Int) -> String {
        """
        compatibility_level = 3.6
        queue_directory = \(folder)/spool
        data_directory = \(folder)/data
        maillog_file = /dev/stdout
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        myhostname = mx.example.org
        mydestination = example.org
        mynetworks = 127.0.0.0/8
        relayhost = [127.0.0.1]:\(relay)
        local_recipient_maps =
        local_transport = discard:
        alias_maps =
        alias_database =

        """
    }

    private static func master(_ port: Int) -> String {
        """
        127.0.0.1:\(port) inet n - n - - smtpd
        pickup unix n - n 60 1 pickup
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        tlsmgr unix - - n 1000? 1 tlsmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        verify unix - - n - 1 verify
        flush unix n - n 1000? 0 flush
        proxymap unix - - n - - proxymap
        smtp unix - - n - - smtp
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        anvil unix - - n - 1 anvil
        scache unix - - n - 1 scache
        postlog unix-dgram n - n - 1 postlogd

        """
    }
}
