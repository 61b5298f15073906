/// Which queues a worker of any program takes jobs from.
extension Queue.RegisteredWorker {
    /// What it was started with, as its id has it: names, patterns, and those that it leaves out with `!` before them.
    public var queues: [String] {
        let parts = id.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return [] }
        return parts[2].split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    }

    /// Whether it takes jobs from this queue while it lives, as Ruby's `Resque::Worker#queues` has it.
    ///
    /// - Parameter name: Of the queue, without the namespace.
    public func works(_ name: String) -> Bool {
        let patterns = queues.map { QueuePattern($0) }
        return patterns.contains { !$0.isExclusion && $0.matches(name) }
            && !patterns.contains { $0.isExclusion && $0.matches(name) }
    }
}
