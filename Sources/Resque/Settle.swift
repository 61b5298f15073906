#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import Redis

/// What becomes of a job when its turn ends.
enum Outcome: Sendable {
    /// It was performed, and leads to these.
    case done([Job])
    /// It goes to `failed`, with this entry.
    case failed([UInt8])
    /// It has failed, and comes back after a while.
    case retry(Memory, after: Duration)
    /// It was not performed, and comes back after a while.
    case later(Memory, after: Duration)
    /// It was not performed, or not to its end: back to the front of its queue.
    case front(Memory)
    /// Back to the end of its queue, so that it does not stop those behind it.
    case back(Memory)
    /// It was not performed and is dropped.
    case skip
}

extension Store {
    /// Settles a turn. False: it was not the worker's any more, or had been settled before.
    func settle(_ turn: Turn, by id: WorkerID, _ outcome: Outcome) async throws -> Bool {
        let (names, arguments) = settling(turn.bytes, from: turn.queue, of: id, outcome)
        let (queues, jobs) = if case .done(let followUps) = outcome { pushing(followUps) } else { pushing([]) }
        return try await run(Scripts.settle, keys: names + queues, arguments + [turn.number] + jobs).int == 1
    }

    /// Removes a worker and settles the job that it is recorded with. False: it has moved on since it was looked at.
    func bury(_ id: WorkerID, _ record: Record?, heartbeat: String?, _ outcome: Outcome) async throws -> Bool {
        let (names, arguments) = settling(record?.job ?? [], from: record?.queue ?? "", of: id, outcome)
        return try await run(
            Scripts.bury,
            keys: names + [keys.workers, keys.heartbeat, keys.started(id.description), keys.ping(id.name)],
            arguments + [record?.bytes ?? [], heartbeat ?? "-"]
        ).int == 1
    }

    /// What both have in common; see ``Scripts``.
    private func settling(
        _ job: [UInt8], from queue: String, of id: WorkerID, _ outcome: Outcome
    ) -> (keys: [String], arguments: [any RedisArgument]) {
        let worker = id.description
        let names = [
            keys.worker(worker), keys.turns, keys.again, keys.stat("processed"), keys.stat("processed:" + worker),
            keys.stat("failed"), keys.stat("failed:" + worker), keys.failed, keys.queue(queue), keys.queues, keys.locks,
        ]
        let (word, memory, entry, delay): (String, Memory?, [UInt8], Duration) =
            switch outcome {
            case .done: ("done", nil, [], .zero)
            case .failed(let entry): ("failed", nil, entry, .zero)
            case .retry(let memory, let delay): ("retry", memory, [], delay)
            case .later(let memory, let delay): ("later", memory, [], delay)
            case .front(let memory): ("front", memory, [], .zero)
            case .back(let memory): ("back", memory, [], .zero)
            case .skip: ("skip", nil, [], .zero)
            }
        let bytes: [UInt8] =
            switch outcome {
            // What fails has its bytes in its entry.
            case .failed: []
            case .retry, .later: (try? Job(job, from: queue))?.delayed ?? job
            case .done, .front, .back, .skip: job
            }
        return (names, [worker, word, bytes, memory?.text ?? "", entry, delay.milliseconds, keys.prefix, queue])
    }
}

extension Duration {
    /// Whole milliseconds, rounded up; no more than 30,000 years of them.
    var milliseconds: Int { Int(max(-1e15, min((self / .milliseconds(1)).rounded(.up), 1e15))) }

    /// Whole seconds, rounded up, at least one: what Redis takes for an expiry.
    var wholeSeconds: Int { max(1, (milliseconds + 999) / 1000) }
}
