import BgdemoFoundations
import Logging
import RedisClient

/// Wakes an idle worker within milliseconds of a new job, from any program, without polling.
///
/// Ruby and node only RPUSH, so a command must block on the list. A command that pops a job would have it in neither
/// place for a moment, but `BLMOVE queue queue LEFT LEFT` takes the first job and puts it back where it was, in one
/// step: it changes nothing, and it waits while there is none. It needs a connection for each queue; the queues beyond
/// ``blockingQueueLimit``, all queues of a Redis before 6.2, and the end of a pause, of all workers or of one queue, are polled
/// four times a second.
extension ProcessorGroup {
    private static let blockingQueueLimit = 16
    private static let pollInterval = Duration.milliseconds(250)
    private static let blockingTimeout = Duration.seconds(5)

    /// Signals when there may be a job, until cancelled.
    func waitForJobs() async {
        while !Task.isCancelled {
            let names = selection.names
            await withTaskGroup { group in
                for name in names.prefix(Self.blockingQueueLimit) { group.addTask { await self.waitForJobs(to: name) } }
                group.addTask { await self.poll(at: Array(names.dropFirst(Self.blockingQueueLimit))) }
                while selection.names == names, !Task.isCancelled {
                    try? await Task.sleep(for: Self.pollInterval)
                    try? await update()
                }
                group.cancelAll()
            }
        }
    }

    private func waitForJobs(to queue: String) async {
        let key = store.keys.queue(queue)
        // The connection for commands logs outages; this one is closed whenever a wait is cancelled.
        let connection = connect(logger: Logger(label: "resque") { _ in SwiftLogNoOpLogHandler() })
        var seen = 0
        while !Task.isCancelled {
            let waits = await wakeup.waiter(after: seen)
            do {
                while try await unpaused([queue]).isEmpty { try await Task.sleep(for: Self.pollInterval) }
                let reply = try await connection.blocking(
                    ["BLMOVE", key, key, "LEFT", "LEFT", Int(Self.blockingTimeout / .seconds(1))],
                    wait: Self.blockingTimeout)
                guard !reply.isNull else { continue }
                seen = waits
                wakeup.signal()
            } catch let error as RedisError where error.reply?.isRetryable == false {
                await poll(at: [queue])
            } catch {
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
        await connection.close()
    }

    /// Polls these queues.
    private func poll(at queues: [String]) async {
        guard !queues.isEmpty else { return }
        var seen = 0
        while !Task.isCancelled {
            let waits = await wakeup.waiter(after: seen)
            if (try? await hasJob(in: queues)) == true {
                seen = waits
                wakeup.signal()
            } else {
                try? await Task.sleep(for: Self.pollInterval)
            }
        }
    }

    private func hasJob(in queues: [String]) async throws(ResqueError) -> Bool {
        let queues = try await unpaused(queues)
        guard !queues.isEmpty else { return false }
        return try await store.send(["EXISTS"] + queues.map(store.keys.queue)).count > 0
    }

    /// Those of the queues of which jobs are reserved now.
    private func unpaused(_ queues: [String]) async throws(ResqueError) -> [String] {
        let paused = try await queue.paused(queues)
        guard !paused.all else { return [] }
        guard !paused.queues.isEmpty else { return queues }
        let names = Set(paused.queues.map { ByteString($0) })
        return queues.filter { !names.contains(ByteString($0)) }
    }
}
