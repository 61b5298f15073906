#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import BgdemoFoundations
import RedisClient

/// What becomes of a reserved job.
enum Acknowledgement: Sendable {
    /// It was performed; these jobs follow it.
    case done([Job])
    /// It goes to `failed`, with this entry.
    case failed([UInt8])
    /// It has failed, and comes back after a while.
    case retry(JobHistory, after: Duration)
    /// It was not performed, and comes back after a while.
    case later(JobHistory, after: Duration)
    /// It was not performed, or not to its end: back to the front of its queue.
    case front(JobHistory)
    /// Back to the end of its queue, so that it does not stop those behind it.
    case back(JobHistory)
    /// It was not performed and is dropped.
    case skip
}

extension ResqueStore {
    /// Acknowledges a reservation. False: it was not the worker's any more, or was acknowledged before.
    func acknowledge(_ reservation: Reservation, by id: WorkerID, _ acknowledgement: Acknowledgement) async throws
        -> Bool
    {
        let (names, arguments) = acknowledging(reservation.bytes, from: reservation.queue, of: id, acknowledgement)
        let (queues, jobs) = if case .done(let followUps) = acknowledgement { pushing(followUps) } else { pushing([]) }
        return try await run(ResqueScripts.acknowledge, keys: names + queues, arguments + [reservation.number] + jobs)
            .int == 1
    }

    /// Removes a worker and acknowledges the job that is recorded with it. False: it has changed since it was read.
    ///
    /// What another program wrote in place of a record fails: it may be all that is left of a job.
    ///
    /// - Parameters:
    ///   - heartbeat: The worker's last heartbeat; nil where it does not matter.
    ///   - process: What was written last of its process; nil where it does not matter.
    func removeWorker(
        _ id: WorkerID, _ record: SeenRecord, heartbeat: String? = nil, process: String? = nil,
        _ acknowledgement: Acknowledgement
    ) async throws -> Bool {
        let content = record.content
        let acknowledgement =
            content == nil && !record.bytes.isEmpty ? Self.invalidRecord(record.bytes, of: id) : acknowledgement
        let (names, arguments) = acknowledging(content?.job ?? [], from: content?.queue ?? "", of: id, acknowledgement)
        return try await run(
            ResqueScripts.removeWorker,
            keys: names + [
                keys.workers, keys.heartbeat, keys.started(id.description), keys.ping(id.name), keys.processes,
            ],
            arguments + [record.bytes, heartbeat ?? "-", String(id.process), process ?? "-"]
        ).int == 1
    }

    private static func invalidRecord(_ bytes: [UInt8], of id: WorkerID) -> Acknowledgement {
        .failed(
            FailedEntry.entry(
                job: bytes, exception: "InvalidJob", error: "what is recorded with the worker is no record of a job",
                worker: id.description, queue: ""))
    }

    /// The keys and arguments of both; see ``ResqueScripts``.
    private func acknowledging(
        _ job: [UInt8], from queue: String, of id: WorkerID, _ acknowledgement: Acknowledgement
    ) -> (keys: [String], arguments: [any RedisArgument]) {
        let worker = id.description
        let names = [
            keys.worker(worker), keys.reservations, keys.again, keys.stat("processed"),
            keys.stat("processed:" + worker),
            keys.stat("failed"), keys.stat("failed:" + worker), keys.failed, keys.queue(queue), keys.queues, keys.locks,
        ]
        let (word, history, entry, delay): (String, JobHistory?, [UInt8], Duration) =
            switch acknowledgement {
            case .done: ("done", nil, [], .zero)
            case .failed(let entry): ("failed", nil, entry, .zero)
            case .retry(let history, let delay): ("retry", history, [], delay)
            case .later(let history, let delay): ("later", history, [], delay)
            case .front(let history): ("front", history, [], .zero)
            case .back(let history): ("back", history, [], .zero)
            case .skip: ("skip", nil, [], .zero)
            }
        let bytes: [UInt8] =
            switch acknowledgement {
            // The entry has the bytes of a job that failed.
            case .failed: []
            // Ruby's scheduler drops what Ruby cannot write again, and ends at what it cannot read.
            case .retry, .later: (try? Job(UnreadableJob.payload(job), from: queue))?.delayed ?? job
            case .done, .front, .back, .skip: job
            }
        return (
            names, [worker, word, bytes, history?.text ?? "", entry, delay.millisecondsRoundedUp, keys.prefix, queue]
        )
    }
}

extension Duration {
    /// Whole seconds, rounded up, at least one: what Redis takes for an expiry.
    var wholeSeconds: Int { max(1, (millisecondsRoundedUp + 999) / 1000) }
}
