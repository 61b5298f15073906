import BgdemoCore
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ThrottleTests {
    @Test("Turns come in order with the gap between them")
    func throttle() async throws {
        let gap = Duration.milliseconds(20)
        let throttle = Throttle(gap)
        let began = ContinuousClock.now
        for _ in 0..<4 { try await throttle.acquire() }
        #expect(ContinuousClock.now - began >= gap * 3)
    }

    @Test("No gap is no wait, and a cancelled wait ends")
    func edgesOfThrottle() async throws {
        for _ in 0..<1000 { try await Throttle(.zero).acquire() }
        let throttle = Throttle(.seconds(3600))
        try await throttle.acquire()
        let waiting = Task { try await throttle.acquire() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }
}
