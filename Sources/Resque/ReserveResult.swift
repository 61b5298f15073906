import RedisClient

/// The result of an attempt to reserve a job.
struct ReserveResult: Sendable {
    enum Found: Sendable {
        case reserved(Reservation)
        case nothing
        /// A job that follows the one to acknowledge leads to a key that is no queue; the text says which.
        case unfit(String)
        /// The key of a queue cannot be read; the text says why.
        case wrong(String)
    }

    let found: Found
    /// Whether the last job was not the worker's any more when it was acknowledged.
    let isLost: Bool
}

extension ResqueStore {
    /// Acknowledges a job, if there is one, pushes the jobs that follow it, and makes the reservation `next`.
    func reserve(
        _ next: Int, after last: PerformedJob?, _ isFirst: Bool, for id: WorkerID, from selection: QueueSelection
    ) async throws -> ReserveResult {
        let worker = id.description
        let now = selection.now
        let names = [
            keys.worker(worker), keys.reservations, keys.again, keys.pause, keys.stat("processed"),
            keys.stat("processed:" + worker), keys.locks, keys.queues, keys.pauseAll,
        ]
        let (queues, jobs) = pushing(last?.followUps ?? [])
        let arguments: [any RedisArgument] = [
            worker, last?.reservation.number ?? 0, next, WorkingRecord.end(worker: id.name), now.keys.count,
        ]
        let reply = try await run(
            ResqueScripts.reserve, keys: names + now.keys + now.names.map(keys.pause) + queues,
            arguments + now.beginnings + jobs)
        guard let parts = reply.array, let word = parts.first?.text else { throw ResqueError.unexpectedReply }
        // After the first attempt it may be acknowledged already, by one whose reply was lost.
        let isLost = isFirst && parts.count > 1 && parts[1].int == 1
        return ReserveResult(found: try found(word, parts, next, id, now.names), isLost: isLost)
    }

    private func found(
        _ word: String, _ parts: [RedisValue], _ number: Int, _ id: WorkerID, _ queues: [String]
    ) throws -> ReserveResult.Found {
        switch word {
        case "paused", "empty": return .nothing
        case "unfit" where parts.count == 4: return .unfit(parts[3].text ?? "")
        case "wrong" where parts.count == 4: return .wrong(parts[3].text ?? "")
        case "recorded" where parts.count == 5:
            guard let bytes = parts[3].bytes, let record = WorkingRecord(bytes, worker: id.name) else {
                return .nothing
            }
            return .reserved(reservation(number, record.queue, record.job, parts[4], id))
        case "job" where parts.count == 5:
            guard let place = parts[2].int, queues.indices.contains(place - 1), let job = parts[3].bytes else {
                throw ResqueError.unexpectedReply
            }
            return .reserved(reservation(number, queues[place - 1], job, parts[4], id))
        default: throw ResqueError.unexpectedReply
        }
    }

    /// The keys and arguments that push jobs.
    func pushing(_ jobs: [Job]) -> (keys: [String], arguments: [any RedisArgument]) {
        (jobs.map { keys.queue($0.queue) }, jobs.flatMap { [$0.queue, $0.bytes] as [any RedisArgument] })
    }

    private func reservation(_ number: Int, _ queue: String, _ job: [UInt8], _ reservation: RedisValue, _ id: WorkerID)
        -> Reservation
    {
        Reservation(
            number: number, queue: queue, bytes: job, history: JobHistory(ofReservation: reservation.text ?? "", by: id)
        )
    }

    /// The record of a worker, and the history of its job.
    func record(of id: WorkerID) async throws -> (WorkingRecord?, JobHistory) {
        async let record = send("GET", keys.worker(id.description))
        async let reservation = send("HGET", keys.reservations, id.description)
        let bytes = try await record.bytes
        let history = JobHistory(ofReservation: try await reservation.text ?? "", by: id)
        return (bytes.flatMap { WorkingRecord($0, worker: id.name) ?? WorkingRecord($0, worker: nil) }, history)
    }
}
