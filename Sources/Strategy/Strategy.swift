public import Mail

/// One way of getting an e-mail out of the request that asked for it.
///
/// It has two halves, which may live in two processes: ``accept(_:)`` in the web server, ``work()`` in the worker.
public protocol Strategy: Sendable {
    /// Takes the mail over from the request. Returns when the client may have its answer.
    ///
    /// - Throws: ``Refusal`` where the strategy can't take it now, or has tried and failed; the mail is then not its.
    func accept(_ email: Email) async throws -> Receipt

    /// Works what was accepted, until its task is cancelled or shut down gracefully; then finishes what is in hand.
    func work() async throws
}
