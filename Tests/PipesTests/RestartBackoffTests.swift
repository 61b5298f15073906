import NIOCore
import BgdemoPipes
import Testing

@Suite("How long a slot stays empty after its child died")
struct RestartBackoffTests {
    @Test("A child that was ready is started again at once, ten times a minute")
    func badLuck() {
        var backoff = RestartBackoff()
        let start = NIODeadline.now()
        for death in 0..<10 {
            #expect(backoff.delay(afterDeathAt: start + .seconds(Int64(death)), wasReady: true) == .zero)
        }
        #expect(backoff.delay(afterDeathAt: start + .seconds(11), wasReady: true) == .seconds(1))
        #expect(backoff.delay(afterDeathAt: start + .seconds(12), wasReady: true) == .seconds(2))
        #expect(backoff.delay(afterDeathAt: start + .seconds(120), wasReady: true) == .zero)
    }

    @Test("A child that was never ready waits from the first time, for up to 30 s")
    func loop() {
        var backoff = RestartBackoff()
        let waits = (0..<9).map { _ in backoff.delay(afterDeathAt: .now(), wasReady: false).nanoseconds / 1_000_000 }
        #expect(waits == [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
        #expect(backoff.delay(afterDeathAt: .now(), wasReady: true) == .zero)
    }
}
