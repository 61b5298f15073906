import BgdemoHTTPServer
import BgdemoNetSupport
import NIOCore
import Testing

@Suite struct TokenBucketTests {
    @Test("The bucket fills at its rate and holds a second's worth")
    func bucket() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let limit = TokenBucket(perSecond: 10, now: start)
        func taken(at time: NIODeadline) -> Int { (0..<100).count { _ in limit.wait(at: time) == nil } }
        #expect(taken(at: start) == 10)
        #expect(taken(at: start + .milliseconds(99)) == 0)
        #expect(limit.wait(at: start + .milliseconds(99)).map { $0.components.attoseconds / 1_000_000_000_000 } == 1000)
        #expect(taken(at: start + .milliseconds(300)) == 3)
        #expect(taken(at: start) == 0)
        #expect(taken(at: start + .seconds(60)) == 10)
    }

    @Test(
        "However low the rate, the wait is told, and is a day at most",
        arguments: [1e-9, 1e-300, .leastNonzeroMagnitude] as [Double])
    func endless(perSecond: Double) {
        let limit = TokenBucket(perSecond: perSecond)
        #expect(limit.wait() == nil)
        #expect(limit.wait() == .seconds(86_400))
    }
}
