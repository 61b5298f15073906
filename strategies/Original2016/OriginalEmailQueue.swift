import DequeModule

/// `var emails = []`: the queue of the workers of 2016, in the memory of one process and without a bound.
actor OriginalEmailQueue<Element: Sendable> {
    private var emails = Deque<Element>()
    private var waiting: CheckedContinuation<Void, Never>?
    private var isClosed = false

    /// - Returns: False where the queue is closed, which takes nothing.
    @discardableResult
    func push(_ more: [Element]) -> Bool {
        guard !isClosed else { return false }
        emails.append(contentsOf: more)
        resume()
        return true
    }

    /// Removes the first; waits for one. Nil once the queue is closed, whatever is left in it.
    func shift() async -> Element? {
        while emails.isEmpty, !isClosed { await withCheckedContinuation { waiting = $0 } }
        return isClosed ? nil : emails.popFirst()
    }

    func close() {
        isClosed = true
        resume()
    }

    /// Removes all that are left.
    func removeAll() -> [Element] {
        defer { emails = [] }
        return Array(emails)
    }

    private func resume() {
        waiting?.resume()
        waiting = nil
    }
}
