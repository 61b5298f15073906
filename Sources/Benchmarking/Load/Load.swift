/// What is asked of a service, and when: all of it follows from the seed.
public struct Load: Sendable, Hashable {
    /// When a request is sent.
    public enum Pace: Sendable, Hashable {
        /// When its time has come, whatever became of those before it: so many a second.
        case open(rate: Double)
        /// When the one before it on its connection was answered.
        case closed(concurrency: Int)
    }

    /// How far apart the times of an open loop are.
    public enum Arrivals: String, Sendable, Hashable, CaseIterable {
        /// As of many people who know nothing of each other.
        case poisson
        case even
    }

    public var pace: Pace
    public var seconds: Double
    public var arrivals = Arrivals.poisson
    public var seed: UInt64
    /// Of one load among several with the same seed, such as the steps of a sweep: its mails have other ids.
    public var part: String
    /// The most connections of an open loop. What is due while all are busy waits, and its waiting counts.
    public var connections = 256
    /// Of every mail; nil gives each a recipient of its own.
    public var recipient: String?
    /// How long an answer may take; past it the request counts as unanswered and its connection is closed.
    public var answerTime = Duration.seconds(60)

    public init(_ pace: Pace, seconds: Double, seed: UInt64, part: String = "main") {
        (self.pace, self.seconds, self.seed, self.part) = (pace, seconds, seed, part)
    }

    /// Of all mails of this load, in their subjects: `k3v90q2m`.
    public var run: String {
        var random = SeededRandom(seed)
        for byte in part.utf8 { random = SeededRandom(random.next() ^ UInt64(byte)) }
        let digits = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String((0..<8).map { _ in digits[Int(random.next() & 31)] })
    }

    /// When each request of an open loop is due, in nanoseconds since the first could have been; empty for a closed one.
    public func schedule() -> [Int64] {
        guard case .open(let rate) = pace, rate > 0, seconds > 0 else { return [] }
        var random = SeededRandom(seed)
        var due: [Int64] = []
        due.reserveCapacity(Int(min(rate * seconds * 1.1, 1e7)))
        var time = 0.0
        while true {
            time += (arrivals == .poisson ? random.exponential() : 1) / rate
            guard time < seconds else { return due }
            due.append(Int64(time * 1e9))
        }
    }
}
