public import BgdemoEmail
import BgdemoFoundations
public import RedisClient
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What became of the mails of a day, in Redis: a hash for each hour in which mails were made, mail → JSON. Web servers and
/// workers write to it what has come together in 50 ms, in one request, and nothing waits for that.
public final class RedisMailStatuses: MailStatusStore {
    private struct Update {
        let status: MailStatus
        let isFirst: Bool
    }

    private struct State {
        var updates: [EmailID: Update] = [:]
        var isScheduled = false
        /// An hour of which no further mail is kept.
        var fullHour: UInt64?
    }

    /// Mails of one hour; of further ones nothing is kept.
    private static let limit = 50_000
    /// Updates that wait for Redis; further ones are dropped.
    private static let pendingLimit = 20_000
    private static let interval = Duration.milliseconds(50)
    private static let lifetime = 90_000
    private static let hourMilliseconds: UInt64 = 3_600_000

    private let redis: any RedisCommands
    private let prefix: String
    private let state = Mutex(State())

    /// - Parameter prefix: What the keys begin with; the hour follows.
    public init(_ redis: any RedisCommands, prefix: String) { (self.redis, self.prefix) = (redis, prefix) }

    public func record(accepted state: String, _ id: EmailID) {
        add(Update(status: MailStatus(accepted: state), isFirst: true), id)
    }

    public func record(_ status: MailStatus, _ id: EmailID) { add(Update(status: status, isFirst: false), id) }

    private func add(_ update: Update, _ id: EmailID) {
        let schedules = state.withLock { state in
            guard state.updates.count < Self.pendingLimit else { return false }
            if update.isFirst {
                guard state.fullHour != Self.hour(of: id), state.updates[id] == nil else { return false }
            }
            state.updates[id] = update
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard schedules else { return }
        Task {
            try? await Task.sleep(for: Self.interval)
            await flush()
        }
    }

    private func flush() async {
        let updates = state.withLock { state in
            defer { (state.updates, state.isScheduled) = ([:], false) }
            return state.updates
        }
        let now = Date.now.timeIntervalSince1970 * 1000
        // An id that is a digest says nothing of a time.
        let recent = updates.filter { abs(now - Double($0.key.milliseconds)) < 86_400_000 }
        for (hour, updates) in Dictionary(grouping: recent, by: { Self.hour(of: $0.key) }) {
            var arguments: [any RedisArgument] = [Self.limit, Self.lifetime]
            for (id, update) in updates {
                var json = JSONWriter()
                json.object { update.status.writeMembers(into: &$0) }
                arguments += [id.description, update.isFirst ? 1 : 0, json.bytes] as [any RedisArgument]
            }
            // What Redis does not take is not known afterwards.
            let count = try? await redis.run(Self.recording, keys: ["\(prefix)\(hour)"], arguments: arguments).int
            if let count, count >= Self.limit { state.withLock { $0.fullHour = hour } }
        }
    }

    public func status(of id: EmailID) async throws(AcceptError) -> MailStatus? {
        if let update = state.withLock({ $0.updates[id] }), !update.isFirst { return update.status }
        do {
            let json = try await redis.send("HGET", "\(prefix)\(Self.hour(of: id))", id.description).bytes
            return json.flatMap { try? JSONObject($0) }.flatMap { MailStatus($0) }
                ?? state.withLock { $0.updates[id]?.status }
        } catch {
            throw AcceptError(error)
        }
    }

    private static func hour(of id: EmailID) -> UInt64 { id.milliseconds / hourMilliseconds }

    /// Notes statuses.
    ///
    ///     KEYS[1]     hash: mail → status
    ///     ARGV[1]     the most mails of the hash
    ///     ARGV[2]     seconds after which it is deleted
    ///     ARGV[3...]  for each mail: its id, 1 to note only a mail that is not there, and the status
    ///
    /// Returns the number of mails of the hash.
    private static let recording = RedisScript(
        """
        local count = redis.call('HLEN', KEYS[1])
        for i = 3, #ARGV, 3 do
          local isThere = redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1
          if isThere and ARGV[i + 1] == '0' or not isThere and count < tonumber(ARGV[1]) then
            count = count + redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 2])
          end
        end
        redis.call('EXPIRE', KEYS[1], ARGV[2])
        return count
        """)
}
