import Synchronization

/// How often each key has come, remembered of the newest 65,536 keys at least and of twice as many at most.
final class FailOnceTracker: Sendable {
    private struct Memory {
        var recent: [UInt64: Int] = [:]
        var older: [UInt64: Int] = [:]
    }

    private let generation: Int
    private let memory = Mutex(Memory())

    init(generation: Int = 65_536) {
        self.generation = generation
    }

    /// Counts one more and returns its number, from 1.
    func number(of key: UInt64) -> Int {
        memory.withLock { memory in
            let number = (memory.recent[key] ?? memory.older[key] ?? 0) + 1
            memory.recent[key] = number
            if memory.recent.count >= generation {
                memory.older = memory.recent
                memory.recent = [:]
            }
            return number
        }
    }
}
