public import BgdemoEmail

/// One way to send an e-mail for a request.
///
/// It has two parts, which may run in two processes: ``accept(_:)`` in the web server, ``work()`` in the worker.
public protocol Strategy: Sendable {
    /// Accepts the mail from the request. Returns when the client may have its response.
    ///
    /// - Throws: ``AcceptError`` where the strategy can't accept it now, or has tried to send it and failed.
    func accept(_ email: Email) async throws(AcceptError) -> AcceptResult

    /// Accepts the mail, to be sent no sooner than `delay` from now. A strategy that can't keep a mail for later refuses it.
    /// Default: it refuses.
    ///
    /// - Throws: ``AcceptError``, as ``accept(_:)`` does.
    func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult

    /// Whether the strategy can accept a mail now; for `/readyz`. Default: it can.
    ///
    /// - Throws: What ``accept(_:)`` would throw now, where something that the strategy needs is away.
    func check() async throws(AcceptError)

    /// Where the answers under an `Idempotency-Key` are kept for all web servers. Default: nil, each web server has its own,
    /// in its memory.
    var idempotency: (any IdempotencyStore)? { get }

    /// Where it is kept what became of the mails. Default: nil, in the memory of the process that sends them.
    var statuses: (any MailStatusStore)? { get }

    /// Whether mails that wait for their time are moved on; for `/readyz`, which says so and fails by ``check()`` alone.
    /// Default: nil, as a strategy without schedulers.
    ///
    /// - Throws: What ``check()`` would throw now.
    func schedulerStatus() async throws(AcceptError) -> SchedulerStatus?

    /// What the signals of Resque's workers do here. Default: nil, the signals end the process.
    var workerSignals: WorkerSignals? { get }

    /// Sends what was accepted, until its task is cancelled or shut down gracefully; then finishes what is in hand and gives
    /// the rest back. Default: returns at once, as a strategy without a worker.
    ///
    /// - Throws: What ends the worker.
    func work() async throws
}

/// A strategy that accepts without waiting for anything: its requests need no task.
public protocol ImmediateStrategy: Strategy {
    /// ``Strategy/accept(_:)``, which waits for nothing and does not block.
    func accept(_ email: Email) throws(AcceptError) -> AcceptResult
}

extension Strategy {
    public func accept(_ email: Email, after delay: Duration) async throws(AcceptError) -> AcceptResult {
        throw .unsupported("this strategy can't keep a mail for later: send it without a delay")
    }

    public func check() async throws(AcceptError) {}

    public var idempotency: (any IdempotencyStore)? { nil }

    public var statuses: (any MailStatusStore)? { nil }

    public func schedulerStatus() async throws(AcceptError) -> SchedulerStatus? { nil }

    public var workerSignals: WorkerSignals? { nil }

    public func work() async throws {}
}

/// Whether a strategy does as the talk's code of 2016 did, flaw and all, or as it should have.
public enum Semantics: String, Sendable, CaseIterable {
    case original = "talk"
    case safe
}
