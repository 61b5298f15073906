import NIOCore
import BgdemoPipes
import Testing

@Suite("How long a dead child's place stays empty")
struct RestartBackoffTests {
    @Test("A child that has worked comes back at once, ten times a minute")
    func badLuck() {
        var backoff = RestartBackoff()
        let start = NIODeadline.now()
        for death in 0..<10 { #expect(backoff.died(at: start + .seconds(Int64(death)), wasReady: true) == .zero) }
        #expect(backoff.died(at: start + .seconds(11), wasReady: true) == .seconds(1))
        #expect(backoff.died(at: start + .seconds(12), wasReady: true) == .seconds(2))
        #expect(backoff.died(at: start + .seconds(120), wasReady: true) == .zero)
    }

    @Test("One that never was ready waits from the first time, up to 30 s")
    func loop() {
        var backoff = RestartBackoff()
        let waits = (0..<9).map { _ in backoff.died(at: .now(), wasReady: false).nanoseconds / 1_000_000 }
        #expect(waits == [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
        #expect(backoff.died(at: .now(), wasReady: true) == .zero)
    }
}
