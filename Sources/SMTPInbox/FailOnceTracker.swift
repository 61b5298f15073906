import Synchronization

/// How often each key has come, remembered of the newest 65,536 keys at least and of twice as many at most.
final class FailOnceTracker: Sendable {
    private struct Memory {
        var young: [UInt64: Int] = [:]
        var old: [UInt64: Int] = [:]
    }

    private let generation: Int
    private let memory = Mutex(Memory())

    init(generation: Int = 65_536) {
        self.generation = generation
    }

    /// Counts one more and says which it is, from 1.
    func number(of key: UInt64) -> Int {
        memory.withLock { memory in
            let number = (memory.young[key] ?? memory.old[key] ?? 0) + 1
            memory.young[key] = number
            if memory.young.count >= generation {
                memory.old = memory.young
                memory.young = [:]
            }
            return number
        }
    }
}
