import BgdemoFoundations
import RedisClient

extension Queue {
    /// Cancels a job that a worker of this library performs: its task is cancelled. A job that then throws goes to `failed`, as
    /// `JobCancelled`, and is not retried. One that has not ended after 4 seconds fails as well: it may go on, without its
    /// lease (``Job/isLeaseHeld``), and nobody waits for it.
    ///
    /// Its worker sees it with its next sign of life, within some seconds.
    ///
    /// - Parameter id: ``Working/id``, ``JobContext/id``.
    /// - Returns: False where no worker performs this job.
    /// - Throws: ``ResqueError``.
    public func cancel(_ id: String) async throws(ResqueError) -> Bool {
        guard try await working().contains(where: { $0.working?.id?.hasSameBytes(as: id) == true }) else {
            return false
        }
        _ = try await store.send("SET", store.keys.cancellation(of: id), "1", "EX", Self.cancellationSeconds)
        return true
    }

    /// After it a cancellation that no worker has seen is forgotten.
    private static let cancellationSeconds = 60
}

extension ProcessorGroup {
    /// Cancels the jobs in hand that are to be cancelled.
    func cancelJobs() async throws {
        let busy = processors.compactMap { processor in processor.task.identity.map { (processor, $0) } }
        guard !busy.isEmpty else { return }
        let keys = busy.map { store.keys.cancellation(of: $0.1) }
        let values = try await store.send(["MGET"] + keys)
        for (place, (processor, id)) in busy.enumerated() where values[place]?.isNull == false {
            _ = try await store.send("DEL", keys[place])
            _ = processor.task.cancel(id, .queue)
        }
    }
}

/// A job was cancelled by ``Queue/cancel(_:)``.
public struct JobCancelled: NamedJobError, CustomStringConvertible {
    public let exceptionName = "JobCancelled"

    public var description: String { "the job was cancelled while it was performed" }
}

/// A job took longer than its `timeout`.
public struct JobTimeout: NamedJobError, CustomStringConvertible {
    /// The time that the job had.
    public let limit: Duration
    public let exceptionName = "JobTimeout"

    public var description: String { "the job took longer than \(limit)" }
}
