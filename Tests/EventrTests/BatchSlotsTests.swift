import Synchronization
import Testing

@testable import Eventr

@Suite(.timeLimit(.minutes(1))) struct BatchSlotsTests {
    @Test("A batch may be taken while the one before is acknowledged, and is handled after it")
    func order() async {
        let slots = BatchSlots(limit: 1)
        let steps = Steps()
        await slots.waitToTake()
        await slots.beginHandling()
        let loop = Task {
            await slots.waitToTake()
            steps.add("take")
            await slots.beginHandling()
            steps.add("handle")
        }
        await Task.yield()
        #expect(steps.all == [])
        slots.beginAcknowledging()
        while steps.all.isEmpty { await Task.yield() }
        for _ in 0..<20 { await Task.yield() }
        #expect(steps.all == ["take"])
        slots.endAcknowledging()
        await loop.value
        #expect(steps.all == ["take", "handle"])
    }

    @Test("As many batches are unacknowledged as may be handled at a time", arguments: [1, 2, 8])
    func limit(_ limit: Int) async {
        let slots = BatchSlots(limit: limit)
        let unacknowledged = Count()
        await withDiscardingTaskGroup { group in
            for _ in 0..<500 {
                await slots.waitToTake()
                await slots.beginHandling()
                unacknowledged.add(1)
                group.addTask {
                    await Task.yield()
                    slots.beginAcknowledging()
                    await Task.yield()
                    unacknowledged.add(-1)
                    slots.endAcknowledging()
                }
            }
        }
        #expect(unacknowledged.most == limit)
    }
}

private final class Steps: Sendable {
    private let steps = Mutex<[String]>([])

    var all: [String] { steps.withLock { $0 } }

    func add(_ step: String) { steps.withLock { $0.append(step) } }
}

private final class Count: Sendable {
    private let count = Mutex((now: 0, most: 0))

    var most: Int { count.withLock(\.most) }

    func add(_ change: Int) { count.withLock { $0 = ($0.now + change, max($0.most, $0.now + change)) } }
}
