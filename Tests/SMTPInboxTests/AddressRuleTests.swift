import BgdemoTestSupport
import Testing

@testable import BgdemoSMTPInbox

@Suite("Rules by address", .timeLimit(.minutes(1)))
struct AddressRuleTests {
    @Test(
        "Words in a local part select faults and delays",
        arguments: [
            ("fail-550@d.example", "550"), ("FAIL-421+bob@d.example", "421"), ("bob+fail-452@d.example", "452"),
            ("drop@d.example", "closed"), ("fail-200@d.example", "250"), ("fail-@d.example", "250"),
            ("fail-5500@d.example", "250"), ("failure-550@d.example", "250"), ("dropped@d.example", "250"),
            ("slow-@d.example", "250"), ("slow-fast@d.example", "250"), ("\"drop\"@d.example", "250"),
        ])
    func rules(_ address: String, _ heard: String) async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            if heard == "closed" {
                await #expect(throws: RawSMTPClient.Closed.self) { try await client.mail(to: address) }
            } else {
                #expect(try await client.mail(to: address).hasPrefix(heard))
            }
            #expect(inbox.mails.total == (heard == "250" ? 1 : 0))
        }
    }

    @Test("fail-once fails each mail once, by Message-ID and address or by its bytes")
    func failOnce() async throws {
        try await withInbox { inbox in
            let client = try await RawSMTPClient(inbox.port)
            try await client.greet()
            let (one, two) = ("Message-ID: <1@x>\r\n\r\na\r\n", "Message-ID: <2@x>\r\n\r\na\r\n")
            let tries = [
                ("fail-once@d.e", one, "451"), ("fail-once@d.e", one + "more\r\n", "250"),
                ("fail-once@d.e", two, "451"), ("fail-once+b@d.e", one, "451"), ("fail-once@d.e", one, "250"),
                ("fail-once@d.e", "x\r\n", "451"), ("fail-once@d.e", "y\r\n", "451"), ("fail-once@d.e", "x\r\n", "250"),
            ]
            for (address, text, heard) in tries {
                #expect(try await client.mail(to: address, text).hasPrefix(heard))
            }
            #expect(inbox.mails.total == 3)
        }
    }

    @Test("The memory of attempts is bounded")
    func attempts() {
        let attempts = FailOnceTracker(generation: 10)
        #expect(attempts.number(of: 0) == 1)
        #expect(attempts.number(of: 0) == 2)
        for key in 1...15 { _ = attempts.number(of: UInt64(key)) }
        #expect(attempts.number(of: 0) == 3)
        for key in 100...119 { _ = attempts.number(of: UInt64(key)) }
        #expect(attempts.number(of: 0) == 1)
    }
}
