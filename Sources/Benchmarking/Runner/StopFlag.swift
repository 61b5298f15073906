import BgdemoFoundations

/// Set to stop a run early: it ends in order and reports what it has measured.
public final class StopFlag: Sendable {
    private let latch = Latch()

    public init() {}

    public var isSet: Bool { latch.isOpen }

    public func set() { latch.open() }

    /// Returns when it is set, or the task was cancelled.
    public func wait() async { await latch.wait() }
}
