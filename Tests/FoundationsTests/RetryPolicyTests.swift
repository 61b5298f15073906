import BgdemoFoundations
import Testing

@Suite struct RetryPolicyTests {
    @Test("Waits double from the base to the cap, between half and the whole, and end with the attempts")
    func retry() {
        let policy = RetryPolicy(attempts: 10, base: .seconds(1), cap: .seconds(60))
        var generator = SeededRandom(seed: 1)
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
        var generator = SeededRandom(seed: 2)
        #expect(RetryPolicy(attempts: 0).delay(afterFailures: 1, using: &generator) == nil)
        let patient = RetryPolicy(attempts: .max, base: .seconds(300), cap: .seconds(300))
        #expect(patient.delay(afterFailures: 1_000_000, using: &generator) ?? .zero <= .seconds(300))
    }

    @Test("Jitter spreads the waits, and the number of attempts is at least one")
    func jitter() {
        let policy = RetryPolicy(attempts: 5, base: .seconds(1), cap: .seconds(6))
        var random = SeededRandom(seed: 1)
        for (failures, longest) in [(0, 1), (1, 1), (2, 2), (3, 4), (4, 6)] {
            let delays = (0..<100).compactMap { _ in policy.delay(afterFailures: failures, using: &random) }
            #expect(delays.count == 100)
            #expect(delays.allSatisfy { $0 >= .seconds(longest) / 2 && $0 <= .seconds(longest) })
            #expect(Set(delays).count > 50)
        }
        #expect(policy.delay(afterFailures: 5) == nil)
        #expect(RetryPolicy(attempts: -3).attempts == 1)
    }

    @Test("No wait overflows, whatever the policy says")
    func extremes() {
        let most = Duration.seconds(Int64.max)
        let policy = RetryPolicy(attempts: .max, base: most, cap: most)
        #expect(policy.delay(afterFailures: .max - 1) ?? .zero > .zero)
        #expect(RetryPolicy.backoff(base: .nanoseconds(1), cap: most, doublings: .max) == most)
        #expect(RetryPolicy.backoff(base: .zero, cap: most, doublings: .max) == .zero)
        #expect(RetryPolicy.backoff(base: .seconds(1), cap: .seconds(60), doublings: -5) == .seconds(1))
    }
}
