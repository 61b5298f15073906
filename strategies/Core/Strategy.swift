public import BgdemoEmail

/// One way of getting an e-mail out of the request that asked for it.
///
/// It has two halves, which may live in two processes: ``accept(_:)`` in the web server, ``work()`` in the worker.
public protocol Strategy: Sendable {
    /// Takes the mail over from the request. Returns when the client may have its answer.
    ///
    /// - Throws: ``AcceptError`` where the strategy can't take it now, or has tried and failed; the mail is then not its.
    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult

    /// Takes the mail over, to be sent no sooner than `delay` from now. A strategy that can't keep a mail for later
    /// refuses it, which is what happens where this is not written.
    func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult

    /// Throws what ``accept(_:)`` would throw now for want of what the strategy stands on; for `/readyz`.
    func check() async throws(AcceptError)

    /// Works what was accepted, until its task is cancelled or shut down gracefully; then finishes what is in hand
    /// and gives the rest back. A strategy without a worker half returns at once.
    func work() async throws
}

extension Strategy {
    public func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult {
        throw .unsupported("this strategy can't keep a mail for later: send it without a delay")
    }

    public func check() async throws(AcceptError) {}

    public func work() async throws {}
}

/// Whether a strategy does as the talk's code of 2016 did, flaw and all, or as it should have.
public enum Semantics: String, Sendable, CaseIterable {
    case original = "talk"
    case safe
}
