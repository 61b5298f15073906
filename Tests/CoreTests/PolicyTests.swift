import BgdemoCore
import BgdemoTestSupport
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PolicyTests {
    @Test("Waits double from the base to the cap, between half and the whole, and end with the attempts")
    func retry() {
        let policy = RetryPolicy(attempts: 10, base: .seconds(1), cap: .seconds(60))
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            for failures in 1...9 {
                let whole = min(Duration.seconds(1 << (failures - 1)), .seconds(60))
                guard let delay = policy.delay(afterFailures: failures, using: &generator) else {
                    Issue.record("there is an attempt after \(failures) failures")
                    continue
                }
                #expect(delay >= whole / 2 && delay <= whole)
            }
            #expect(policy.delay(afterFailures: 10, using: &generator) == nil)
            #expect(policy.delay(afterFailures: .max, using: &generator) == nil)
        }
    }

    @Test("There is at least one attempt, and a wait of many failures does not overflow")
    func edges() {
        var generator = SeededGenerator(seed: 2)
        #expect(RetryPolicy(attempts: 0).delay(afterFailures: 1, using: &generator) == nil)
        let patient = RetryPolicy(attempts: .max, base: .seconds(300), cap: .seconds(300))
        #expect(patient.delay(afterFailures: 1_000_000, using: &generator) ?? .zero <= .seconds(300))
    }

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
