import Foundation
import BgdemoSMTPInbox
import BgdemoTestSupport
import Testing

@Suite("The maildir", .timeLimit(.minutes(1)))
struct MaildirTests {
    @Test("The maildir has every mail as a file before the client has its reply")
    func files() async throws {
        try await withTemporaryFolder { folder in
            let directory = folder.path
            let maildir = directory + "/deep/mail"
            try await withInbox({
                $0.maildir = maildir
                $0.keep = 1
            }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                try await client.greet()
                for number in 1...5 {
                    #expect(try await client.mail(to: "c@d.example", "\(number)\r\n\0\r\n..\r\n").hasPrefix("250"))
                    #expect(try FileManager.default.contentsOfDirectory(atPath: maildir + "/new").count == number)
                }
                #expect(inbox.mails.count == 1 && inbox.mails.total == 5)
                #expect(try FileManager.default.contentsOfDirectory(atPath: maildir + "/tmp").isEmpty)
                #expect(try FileManager.default.contentsOfDirectory(atPath: maildir + "/cur").isEmpty)
                let texts = try FileManager.default.contentsOfDirectory(atPath: maildir + "/new").map {
                    try Data(contentsOf: URL(filePath: maildir + "/new/" + $0))
                }
                #expect(Set(texts) == Set((1...5).map { Data("\($0)\r\n\0\r\n.\r\n".utf8) }))
            }
        }
    }

    @Test("A maildir that cannot be written is a temporary failure, and the mail is not listed")
    func unwritable() async throws {
        try await withTemporaryFolder { folder in
            let directory = folder.path
            try await withInbox({ $0.maildir = directory }) { inbox in
                try FileManager.default.removeItem(atPath: directory + "/new")
                let client = try await RawSMTPClient(inbox.port)
                try await client.greet()
                #expect(try await client.mail(to: "c@d.example").hasPrefix("452 4.3.1"))
                #expect(inbox.mails.total == 0)
                #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/tmp").isEmpty)
            }
        }
    }

    @Test("Only the owner can read the maildir")
    func permissions() async throws {
        try await withTemporaryFolder { folder in
            let maildir = folder.path + "/deep/mail"
            try await withInbox({ $0.maildir = maildir }) { inbox in
                let client = try await RawSMTPClient(inbox.port)
                try await client.greet()
                #expect(try await client.mail(to: "c@d.example").hasPrefix("250"))
            }
            func mode(_ path: String) throws -> Int {
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                return try #require(attributes[.posixPermissions] as? Int)
            }
            for name in ["", "/tmp", "/new", "/cur"] { #expect(try mode(maildir + name) == 0o700) }
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: maildir + "/new").first)
            #expect(try mode(maildir + "/new/" + name) == 0o600)
        }
    }

    @Test("A maildir that cannot be created stops the start with its name")
    func unmakeable() async throws {
        await #expect { try await withInbox({ $0.maildir = "/dev/null/mail" }) { _ in } } throws: {
            "\($0)".contains("/dev/null/mail")
        }
    }
}
