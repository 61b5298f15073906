public import BgdemoEmail
public import BgdemoCore

/// Slide 8: the client waits for the pigeons.
///
///     client ── GET /to/subject/text ──▶ web server ~~~ pigeons ~~~▶ mail server
///     client ◀── 200, "delivered" ────── web server ◀~~ pigeons ~~~~ mail server
public struct CarrierPigeon: Strategy {
    private let sender: any EmailSender
    private let tracker: DeliveryTracker
    private let pigeons: Int

    public init(sender: any EmailSender, tracker: DeliveryTracker, pigeons: Int) {
        (self.sender, self.tracker, self.pigeons) = (sender, tracker, pigeons)
    }

    public func accept(_ email: Email) async throws(AcceptError) -> AcceptResult {
        let attempt = try tracker.begin(email)
        let outcome = await sender.send(email)
        attempt.finish(outcome)
        guard case .sent = outcome else { throw .failed(outcome) }
        return AcceptResult("delivered", details: [.init("pigeons", pigeons)])
    }
}
