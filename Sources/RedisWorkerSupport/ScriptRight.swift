package import BgdemoCore
package import Resque
import RedisClient
import Synchronization

/// Whether the Redis user may run scripts. A job is pushed without one, but nobody could work it: such mails are refused.
package final class ScriptRight: Sendable {
    private let queue: Queue
    private let name: String
    private let rights: RightsCheck
    private let isSeen = Atomic(false)

    /// - Parameters:
    ///   - name: The queue that mails are pushed to.
    ///   - rights: Those of web servers and workers.
    package init(_ queue: Queue, _ name: String, _ rights: RightsCheck) {
        (self.queue, self.name, self.rights) = (queue, name, rights)
    }

    /// Throws what a mail would be refused with now: Redis takes no writes or runs no scripts, or delayed jobs are overdue
    /// and nobody works them; or what a worker cannot work for: a right that is missing, or a key that all share and that has
    /// another type.
    package func check() async throws(AcceptError) {
        do {
            try await rights.check()
        } catch {
            isSeen.store(false, ordering: .relaxed)
            throw error
        }
        do {
            try await look()
            try await queue.checkTypes()
            try AcceptError.check(overdue: await queue.overdueTime())
        } catch let error as AcceptError {
            throw error
        } catch {
            throw AcceptError(error)
        }
    }

    /// Throws where a mail could not be worked. Costs nothing once a script has run, until one is refused to ``check()``.
    package func require() async throws(AcceptError) {
        guard !isSeen.load(ordering: .relaxed) else { return }
        do {
            try await look()
        } catch {
            throw AcceptError(error)
        }
    }

    private func look() async throws {
        do {
            try await queue.checkWritable(name)
            isSeen.store(true, ordering: .relaxed)
        } catch {
            if error.redisError?.reply?.kind == .noPermission { isSeen.store(false, ordering: .relaxed) }
            throw error.underlyingError ?? error
        }
    }
}
