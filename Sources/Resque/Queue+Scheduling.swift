import BgdemoFoundations
import RedisClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Who moves delayed jobs, and whether somebody does.
extension Queue {
    /// The state of the schedulers of all programs.
    public struct Scheduling: Sendable, Hashable {
        /// The leader among the schedulers of node and of this library; nil where there is none.
        public let leader: String?
        /// The leader among those of Ruby; nil where there is none.
        public let rubyLeader: String?
        /// How many delayed jobs were due more than ``grace`` ago; a count beyond 1000 seconds' lists is left out.
        public let overdue: Int
        /// For how long the first of them has been due.
        public let delay: Duration

        /// How long a scheduler may take: those of Ruby and node look every 5 seconds. 10 seconds.
        public static let grace = Duration.seconds(10)
    }

    /// - Throws: ``ResqueError``.
    public func scheduling() async throws(ResqueError) -> Scheduling { try await store.scheduling() }
}

extension ResqueStore {
    func scheduling() async throws(ResqueError) -> Queue.Scheduling {
        let now = try await time().timeIntervalSince1970
        let latest = Int(saturating: now - Queue.Scheduling.grace / .seconds(1))
        let replies = try await pipeline([
            ["GET", keys.leader], ["GET", keys.rubyLeader],
            ["ZRANGEBYSCORE", keys.schedule, "-inf", latest, "LIMIT", 0, 1000],
        ])
        guard replies.count == 3 else { throw ResqueError.unexpectedReply }
        let seconds = replies[2].texts
        let lengths =
            seconds.isEmpty
            ? [] : try await pipeline(seconds.map { ["LLEN", keys.delayedPrefix + $0] }).map(\.count)
        // A list that is empty is about to be removed.
        let first = zip(seconds, lengths).first { $0.1 > 0 }.flatMap { Double($0.0) }
        return Queue.Scheduling(
            leader: replies[0].text, rubyLeader: replies[1].text, overdue: lengths.reduce(0, +),
            delay: .seconds(first.map { max(0, min(now - $0, 1e10)) } ?? 0))
    }
}
