import RedisClient

/// What one processor asks of Redis: to acknowledge a job, if there is one, to push the jobs that follow it, and to
/// reserve the next.
struct ReserveRequest: Sendable {
    let worker: ReservingWorker
    /// The number of the reservation.
    let number: Int
    /// The number of the reservation to acknowledge; 0 is none.
    let last: Int
    /// The jobs that follow it.
    let followUps: [Job]
    /// Whether the same was not asked before. If it was, Redis may have done it.
    let isFirst: Bool
}

/// What a worker has in each of its requests.
final class ReservingWorker: Sendable {
    let id: WorkerID
    let record: String
    let processed: String
    /// The end of its record, after the job.
    let end: [UInt8]

    init(_ id: WorkerID, _ keys: ResqueKeys) {
        self.id = id
        record = keys.worker(id.description)
        processed = keys.stat("processed:" + id.description)
        end = WorkingRecord.end(worker: id.name)
    }
}

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
    /// Makes several requests in one step of Redis, in their order.
    ///
    /// - Parameter term: Of the process' lease; nil where it is not held.
    /// - Returns: A result for each.
    func reserve(
        _ requests: [ReserveRequest], from selection: QueueSelection, term: Int?
    ) async throws -> [ReserveResult] {
        let now = selection.now
        let shared = [
            keys.reservations, keys.again, keys.pause, keys.pauseAll, keys.locks, keys.queues, keys.stat("processed"),
        ]
        let pushes = requests.reduce(0) { $0 + $1.followUps.count }
        let reply = try await run(
            ResqueScripts.reserve, keyCount: shared.count + 2 * now.keys.count + 2 * requests.count + pushes,
            argumentCount: 2 + now.keys.count + 5 * requests.count + 2 * pushes
        ) { all in
            for key in shared { all.append(key) }
            for key in now.keys { all.append(key) }
            for key in now.pauses { all.append(key) }
            for request in requests { all.append(request.worker.record) }
            for request in requests { all.append(request.worker.processed) }
            for request in requests { for job in request.followUps { all.append(keys.queue(job.queue)) } }
            all.append(now.keys.count)
            all.append(requests.count)
            for beginning in now.beginnings { all.append(beginning) }
            for request in requests { all.append(request.worker.id.description) }
            for request in requests { all.append(request.last) }
            for request in requests { all.append(request.number) }
            for request in requests { all.append(request.worker.end) }
            guard pushes > 0 else { return }
            for request in requests { all.append(request.followUps.count) }
            for request in requests {
                for job in request.followUps {
                    all.append(job.queue)
                    all.append(job.bytes)
                }
            }
        }
        guard let parts = reply.array, parts.count == requests.count * 3 + 1, let lost = parts.last?.array else {
            throw ResqueError.unexpectedReply
        }
        return try requests.enumerated().map { place, request in
            let found = try found(
                request, parts[place * 3], parts[place * 3 + 1], history: parts[place * 3 + 2], now.names, term)
            // After the first attempt it may be acknowledged already, by one whose reply was lost.
            let isLost = request.isFirst && lost.contains { $0.int == place + 1 }
            return ReserveResult(found: found, isLost: isLost)
        }
    }

    /// What the reply says of one request; see ``ResqueScripts/reserve``.
    private func found(
        _ request: ReserveRequest, _ what: RedisValue, _ value: RedisValue, history: RedisValue, _ queues: [String],
        _ term: Int?
    ) throws -> ReserveResult.Found {
        let (id, number) = (request.worker.id, request.number)
        if case .integer(let place) = what {
            guard place > 0, place <= queues.count, let job = value.bytes else { throw ResqueError.unexpectedReply }
            // As of nearly every job.
            let isFirst = history.bytes?.isEmpty ?? true
            let history =
                isFirst
                ? JobHistory(ofFirstReservation: number, by: id)
                : JobHistory(ofReservation: "\(number) \(history.text ?? "")", by: id)
            return .reserved(
                Reservation(number: number, queue: queues[place - 1], bytes: job, history: history, term: term))
        }
        switch what.text {
        case "paused", "empty": return .nothing
        case "unfit": return .unfit(value.text ?? "")
        case "wrong": return .wrong(value.text ?? "")
        case "recorded":
            guard let bytes = value.bytes else { throw ResqueError.unexpectedReply }
            // What another program wrote there instead is no job, and fails as one.
            let record = WorkingRecord(bytes, worker: id.name)
            let history = JobHistory(ofReservation: history.text ?? "", by: id)
            return .reserved(
                Reservation(
                    number: number, queue: record?.queue ?? "", bytes: record?.job ?? bytes, history: history,
                    term: term))
        default: throw ResqueError.unexpectedReply
        }
    }

    /// The keys and arguments that push jobs.
    func pushing(_ jobs: [Job]) -> (keys: [String], arguments: [any RedisArgument]) {
        (jobs.map { keys.queue($0.queue) }, jobs.flatMap { [$0.queue, $0.bytes] as [any RedisArgument] })
    }

    /// What is recorded of a worker, and the history of its job.
    func record(of id: WorkerID) async throws -> (SeenRecord, JobHistory) {
        async let record = send("GET", keys.worker(id.description))
        async let reservation = send("HGET", keys.reservations, id.description)
        let bytes = try await record.bytes ?? []
        let history = JobHistory(ofReservation: try await reservation.text ?? "", by: id)
        let content = WorkingRecord(bytes, worker: id.name) ?? WorkingRecord(bytes, worker: nil)
        return (SeenRecord(bytes: bytes, content: content), history)
    }

    /// Whether a worker still has the job of a reservation.
    func holds(_ wanted: Int, _ id: WorkerID) async throws -> Bool {
        async let record = send("EXISTS", keys.worker(id.description))
        async let reservation = send("HGET", keys.reservations, id.description)
        let number = try await reservation.text?.utf8.prefix { $0 != UInt8(ascii: " ") }
        let holder = number.flatMap { Int(Substring($0)) }
        return try await record.int == 1 && holder == wanted
    }
}
