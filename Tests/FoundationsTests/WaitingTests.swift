import BgdemoFoundations
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct WaitingTests {
    @Test("A latch holds its waiters until it opens, and no later one")
    func latch() async {
        let latch = Latch()
        let passed = Locked(0)
        await withTaskGroup { group in
            for _ in 0..<100 {
                group.addTask {
                    await latch.wait()
                    passed.withLock { $0 += 1 }
                }
            }
            #expect(!latch.isOpen && passed.withLock { $0 } == 0)
            latch.open()
        }
        #expect(latch.isOpen && passed.withLock { $0 } == 100)
        latch.open()
        await latch.wait()
    }

    @Test("A cancelled wait ends, before it begins and after")
    func cancellation() async {
        let (latch, signal) = (Latch(), WakeupSignal())
        for _ in 0..<200 {
            let tasks = [Task { await latch.wait() }, Task { await signal.wait() }]
            for task in tasks { task.cancel() }
            for task in tasks { await task.value }
        }
        #expect(!latch.isOpen)
    }

    @Test("A signal without a waiter is remembered once")
    func signal() async {
        let signal = WakeupSignal()
        signal.signal()
        signal.signal()
        await signal.wait()
        let start = ContinuousClock.now
        await signal.wait(until: .now + .milliseconds(50))
        #expect(ContinuousClock.now - start >= .milliseconds(50))
        let waiting = Task { await signal.wait() }
        signal.signal()
        await waiting.value
    }

    @Test("A wait ends when its own time is up, whatever those before it waited for")
    func deadlines() async {
        let signal = WakeupSignal()
        // Each of these ends with its signal and leaves its deadline behind: earlier ones, then a later one.
        for milliseconds in [20, 10, 5, 60_000] {
            signal.signal()
            await signal.wait(until: .now + .milliseconds(milliseconds))
        }
        for milliseconds in [40, 20, 0, -5, 40] {
            let waiting = Task { await signal.wait(until: .now + .milliseconds(60_000)) }
            await Task.yield()
            signal.signal()
            await waiting.value
            let start = ContinuousClock.now
            await signal.wait(until: start + .milliseconds(milliseconds))
            #expect(ContinuousClock.now - start >= .milliseconds(milliseconds))
        }
    }

    @Test("A signal that nobody holds any more is freed, though a deadline is set")
    func release() async {
        var signal: WakeupSignal? = WakeupSignal()
        weak let freed = signal
        let waiting = Task { [signal] in await signal?.wait(until: .now + .seconds(3600)) }
        await Task.yield()
        signal?.signal()
        await waiting.value
        signal = nil
        #expect(freed == nil)
    }

    @Test("A second waiter frees the first")
    func secondWaiter() async {
        let signal = WakeupSignal()
        await withTaskGroup { group in
            for _ in 0..<2 { group.addTask { await signal.wait() } }
            await group.next()
            signal.signal()
        }
    }

    @Test("Waiters are taken out in either order, or by their tickets")
    func waiters() async {
        let list = Locked(WaiterList<Int>())
        let results = await withTaskGroup(of: (Int, Int).self) { group in
            var tickets: [WaiterList<Int>.Ticket] = []
            for number in 0..<6 {
                let ticket = list.withLock { $0.makeTicket() }
                tickets.append(ticket)
                group.addTask {
                    (
                        number,
                        await withCheckedContinuation { continuation in
                            list.withLock { $0.append(continuation, ticket) }
                        }
                    )
                }
                while list.withLock({ $0.count }) <= number { await Task.yield() }
            }
            let (first, fourth) = (tickets[0], tickets[3])
            list.withLock { $0.remove(first) }?.resume(returning: 100)
            list.withLock { $0.remove(fourth) }?.resume(returning: 103)
            #expect(list.withLock { $0.remove(fourth) } == nil)
            list.withLock { $0.popFirst() }?.resume(returning: 201)
            list.withLock { $0.popLast() }?.resume(returning: 305)
            for waiter in list.withLock({ $0.popAll() }) { waiter.resume(returning: 400) }
            return await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
        }
        #expect(results == [0: 100, 3: 103, 1: 201, 5: 305, 2: 400, 4: 400])
        #expect(list.withLock { $0.isEmpty && $0.popFirst() == nil && $0.popLast() == nil })
    }
}

/// A value that tasks share.
private final class Locked<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result {
        value.withLock { body(&$0) }
    }
}
