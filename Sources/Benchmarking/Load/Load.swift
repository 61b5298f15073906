import BgdemoFoundations

/// The requests of a run and their times. Both follow from the seed.
public struct Load: Sendable, Hashable {
    /// When a request is sent.
    public enum Pace: Sendable, Hashable {
        /// When it is due, whatever became of earlier requests; `rate` requests per second.
        case open(rate: Double)
        /// When the request before it on the same connection was answered.
        case closed(concurrency: Int)
    }

    /// The distribution of the due times of an open loop.
    public enum Arrivals: String, Sendable, Hashable, CaseIterable {
        /// As of independent users: a Poisson process.
        case poisson
        case even
    }

    public var pace: Pace
    public var seconds: Double
    public var arrivals = Arrivals.poisson
    public var seed: UInt64
    /// Distinguishes loads with the same seed, such as the steps of a sweep: their mails have other ids. Default:
    /// `main`.
    public var part: String
    /// The maximum of connections of an open loop. A request that is due while all are busy waits, and its waiting
    /// counts. Default: 256.
    public var connections = 256
    /// The recipient of every mail; nil gives each mail its own. Default: nil.
    public var recipient: String?
    /// The time limit of an answer; after it the request counts as unanswered, and its connection is closed. Default:
    /// 60 s.
    public var answerTime = Duration.seconds(60)

    public init(_ pace: Pace, seconds: Double, seed: UInt64, part: String = "main") {
        (self.pace, self.seconds, self.seed, self.part) = (pace, seconds, seed, part)
    }

    /// The id of the load, in the subject of each mail: `k3v90q2m`.
    public var run: String {
        var random = SeededRandom(seed: seed)
        for byte in part.utf8 { random = SeededRandom(seed: random.next() ^ UInt64(byte)) }
        let digits = Array("0123456789abcdefghjkmnpqrstvwxyz")
        return String((0..<8).map { _ in digits[Int(random.next() & 31)] })
    }

    /// The due time of each request of an open loop, in nanoseconds since the beginning; empty for a closed loop.
    public func schedule() -> [Int64] {
        guard case .open(let rate) = pace, rate > 0, seconds > 0 else { return [] }
        var random = SeededRandom(seed: seed)
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
