import Synchronization

/// The memory that all connections of a server share for what they received and have not answered: unfinished requests,
/// requests that wait to be read, and bodies of requests that are being answered.
final class ReceiveBudget: Sendable {
    let limit: Int
    private let used = Atomic<Int>(0)

    /// - Parameter limit: Bytes of all connections together.
    init(limit: Int) {
        self.limit = limit
    }

    /// Bytes in use.
    var bytes: Int { used.load(ordering: .relaxed) }

    /// Takes `bytes` of the budget, or nothing where it has not as many.
    ///
    /// - Returns: Whether they were taken.
    func take(_ bytes: Int) -> Bool {
        guard used.add(bytes, ordering: .relaxed).newValue > limit else { return true }
        giveBack(bytes)
        return false
    }

    func giveBack(_ bytes: Int) {
        used.subtract(bytes, ordering: .relaxed)
    }
}
