public import BgdemoEmail
public import BgdemoCore
import Testing

@testable import BgdemoCommandLine

/// The strategy that CONTRIBUTING.md adds to the seven.
struct EighthStrategy {
    @Test("It is a descriptor like the others")
    func descriptor() {
        let list = [
            StrategyDescriptor("carrier-pigeon", "the web server ties the mail to a pigeon") {
                CarrierPigeon(sender: $0.sender, tracker: $0.tracker)
            },
            StrategyDescriptor("homing-pigeon", "the same, and it comes back") {
                CarrierPigeon(sender: $0.sender, tracker: $0.tracker)
            },
        ]
        #expect(list.map(\.name) == ["carrier-pigeon", "homing-pigeon"])
        #expect(list.first?.hasWorker == false)
    }
}

/// Slide 8: whether it arrives is the pigeon's business.
///
///     client ── GET /to/subject/text ──▶ web server ~~~ pigeon ~~~▶ mail server
public struct CarrierPigeon: Strategy {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker

    public init(sender: any EmailSender, tracker: DeliveryTracker) {
        (self.sender, self.tracker) = (sender, tracker)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        let attempt = try tracker.begin(email)
        Task { attempt.finish(await sender.send(email)) }
        return AcceptResult("in the air")
    }
}
