import Resque
import ResqueTesting
import Signup
import Testing

/// The service without a Redis and without waiting.
@Suite struct SignupTests {
    /// Refuses the first mails.
    actor Outbox: Mailer {
        struct Refused: Error {}

        private var refusals: Int
        private(set) var addresses: [String] = []

        init(refusals: Int = 0) { self.refusals = refusals }

        func send(_ text: String, to address: String) async throws {
            guard refusals == 0 else {
                refusals -= 1
                throw Refused()
            }
            addresses.append(address)
        }
    }

    @Test("A new user gets a mail")
    func welcome() async throws {
        let outbox = Outbox()
        let resque = TestResque(jobs: .signup(outbox))
        let status = try await SignupController(resque.queue).signUp(.init(address: "you@example.org"))
        #expect(status == .accepted)
        #expect(try await resque.queue.enqueued(SendWelcome(address: "you@example.org")))
        await resque.drain()
        #expect(await outbox.addresses == ["you@example.org"])
    }

    @Test("A mail that is refused is sent later")
    func retry() async throws {
        let outbox = Outbox(refusals: 1)
        let resque = TestResque(jobs: .signup(outbox))
        _ = try await SignupController(resque.queue).signUp(.init(address: "you@example.org"))
        await resque.drain()
        #expect(try await resque.queue.delayedCount() == 1)
        try await resque.advance(by: .seconds(2))
        await resque.drain()
        #expect(await outbox.addresses == ["you@example.org"])
    }

    @Test("What is no address enqueues nothing")
    func invalid() async throws {
        let resque = TestResque()
        await #expect(throws: (any Error).self) {
            try await SignupController(resque.queue).signUp(.init(address: "nobody"))
        }
        #expect(try await !resque.queue.enqueued(SendWelcome(address: "nobody")))
    }
}
