import Redis

/// What an attempt to reserve a job has found.
struct Reservation: Sendable {
    enum Found: Sendable {
        case turn(Turn)
        case nothing
        /// What was performed leads to a key that is no queue; the text says which.
        case unfit(String)
        /// A queue's key can't be read; the text says why.
        case wrong(String)
    }

    let found: Found
    /// Whether the job of the last turn was not the worker's any more when it was acknowledged.
    let isLost: Bool
}

extension Store {
    /// Acknowledges a job, if there is one, with what it leads to, and reserves that of the turn `next`.
    func reserve(
        _ next: Int, after last: Performed?, _ isFirst: Bool, for id: WorkerID, from counter: QueueCounter
    ) async throws -> Reservation {
        let worker = id.description
        let now = counter.now
        let names = [
            keys.worker(worker), keys.turns, keys.again, keys.pause, keys.stat("processed"),
            keys.stat("processed:" + worker), keys.locks, keys.queues,
        ]
        let (queues, jobs) = pushing(last?.followUps ?? [])
        let arguments: [any RedisArgument] = [
            worker, last?.turn.number ?? 0, next, Record.end(worker: id.name), now.keys.count,
        ]
        let reply = try await run(
            Scripts.reserve, keys: names + now.keys + queues, arguments + now.beginnings + jobs)
        guard let parts = reply.array, let word = parts.first?.text else { throw StrangeReply() }
        // At a further try the turn is not ours any more where an earlier one has acknowledged it.
        let isLost = isFirst && parts.count > 1 && parts[1].int == 1
        return Reservation(found: try found(word, parts, next, id, now.names), isLost: isLost)
    }

    private func found(
        _ word: String, _ parts: [RedisValue], _ number: Int, _ id: WorkerID, _ queues: [String]
    ) throws -> Reservation.Found {
        switch word {
        case "paused", "empty": return .nothing
        case "unfit" where parts.count == 4: return .unfit(parts[3].text ?? "")
        case "wrong" where parts.count == 4: return .wrong(parts[3].text ?? "")
        case "recorded" where parts.count == 5:
            guard let bytes = parts[3].bytes, let record = Record(bytes, worker: id.name) else { return .nothing }
            return .turn(turn(number, record.queue, record.job, parts[4], id))
        case "job" where parts.count == 5:
            guard let place = parts[2].int, queues.indices.contains(place - 1), let job = parts[3].bytes else {
                throw StrangeReply()
            }
            return .turn(turn(number, queues[place - 1], job, parts[4], id))
        default: throw StrangeReply()
        }
    }

    /// The keys and arguments that push jobs.
    func pushing(_ jobs: [Job]) -> (keys: [String], arguments: [any RedisArgument]) {
        (jobs.map { keys.queue($0.queue) }, jobs.flatMap { [$0.queue, $0.bytes] as [any RedisArgument] })
    }

    private func turn(_ number: Int, _ queue: String, _ job: [UInt8], _ turn: RedisValue, _ id: WorkerID) -> Turn {
        Turn(number: number, queue: queue, bytes: job, memory: Memory(ofTurn: turn.text ?? "", by: id))
    }

    /// What a worker is recorded with, and what is remembered of it.
    func record(of id: WorkerID) async throws -> (Record?, Memory) {
        async let record = send("GET", keys.worker(id.description))
        async let turn = send("HGET", keys.turns, id.description)
        let bytes = try await record.bytes
        let memory = Memory(ofTurn: try await turn.text ?? "", by: id)
        return (bytes.flatMap { Record($0, worker: id.name) ?? Record($0, worker: nil) }, memory)
    }
}

/// Redis has answered something that its commands never do.
struct StrangeReply: Error, CustomStringConvertible {
    let description = "Redis gave a reply that is not of the script's form"
}
