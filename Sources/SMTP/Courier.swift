public import Logging
public import Mail

/// Sends mails.
public final class Courier: Sender {
    public init(
        server: SMTPServer, from: Address, connections: Int = 50, backlog: Int = 100_000,
        timeouts: SMTPTimeouts = SMTPTimeouts(), caFile: String? = nil, logger: Logger
    ) throws {
    }

    public func send(_ email: Email, then tell: @escaping @Sendable (Outcome) -> Void) {
        tell(.temporary(Failure(.queue, "not built yet")))
    }

    public var inFlight: Int { 0 }
    public var waiting: Int { 0 }

    public func close(within: Duration) async {}

    public func probe() async -> Result<SMTPOffer, Failure> { .failure(Failure(.queue, "not built yet")) }
}
